/// Called after each block of a network's work; what it throws ends that work.
///
/// A block is what runs without asking: a residual block's half, a layer, a single convolution. None is
/// long beside the time in which a client that left should be noticed.
package typealias BlockDone = () throws -> Void
