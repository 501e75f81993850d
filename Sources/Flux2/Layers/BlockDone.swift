/// A callback after each block of a network; an error that it throws ends the run.
///
/// A block is the work between two calls: half a residual block, a layer, a single convolution. None takes
/// long compared with the time in which a disconnected client should be noticed.
package typealias BlockDone = () throws -> Void
