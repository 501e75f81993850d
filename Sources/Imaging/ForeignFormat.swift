/// An unsupported kind of file that people submit as an image; recognised so that the error can
/// name it and say how to convert it.
enum ForeignFormat: CaseIterable {
  case empty
  case heic, avif, jpegXL, jpeg2000
  case tiff, bmp, icon, photoshop, cameraRaw
  case netpbm, targa, pcx, dds, gimp, openEXR, radiance, qoi, djvu, dicom, fits
  case svg, pdf, postScript, metafile
  case video, audio, animatedPNG
  case archive, webPage, lfsPointer, base64, damagedPNG, text

  /// The name of the file kind, for messages.
  var name: String {
    switch self {
    case .empty: "empty"
    case .heic: "a HEIC image"
    case .avif: "an AVIF image"
    case .jpegXL: "a JPEG XL image"
    case .jpeg2000: "a JPEG 2000 image"
    case .tiff: "a TIFF image"
    case .bmp: "a BMP image"
    case .icon: "a Windows icon or cursor"
    case .photoshop: "a Photoshop document"
    case .cameraRaw: "a camera's raw image"
    case .netpbm: "a PBM, PGM, PPM or PAM image"
    case .targa: "a TGA image"
    case .pcx: "a PCX image"
    case .dds: "a DDS texture"
    case .gimp: "a GIMP document"
    case .openEXR: "an OpenEXR image"
    case .radiance: "a Radiance HDR image"
    case .qoi: "a QOI image"
    case .djvu: "a DjVu document"
    case .dicom: "a DICOM image"
    case .fits: "a FITS image"
    case .svg: "an SVG drawing"
    case .pdf: "a PDF document"
    case .postScript: "a PostScript drawing"
    case .metafile: "a Windows metafile"
    case .video: "a video"
    case .audio: "a sound"
    case .animatedPNG: "an MNG or JNG image"
    case .archive: "a RAR archive"
    case .webPage: "a web page"
    case .lfsPointer: "a Git LFS pointer"
    case .base64: "base64 text"
    case .damagedPNG: "a PNG whose line endings were changed on its way"
    case .text: "text"
    }
  }

  /// Instructions for converting the file, with commands from Debian's packages.
  private var advice: String {
    switch self {
    case .heic:
      "convert it with `heif-convert photo.heic photo.jpg`, or let the phone save JPEG (iPhone: "
        + "Settings > Camera > Formats > Most Compatible; Samsung: turn off High efficiency "
        + "images in the camera's settings)"
    case .avif: "convert it with `avifdec photo.avif photo.png`"
    case .jpegXL: "convert it with `djxl photo.jxl photo.png`"
    case .jpeg2000: "convert it with `opj_decompress -i photo.jp2 -o photo.png`"
    case .tiff: "convert it with ImageMagick, `convert photo.tif photo.png`"
    case .bmp: "convert it with ImageMagick, `convert image.bmp image.png`"
    case .icon: "convert it with ImageMagick, `convert 'icon.ico[0]' icon.png`"
    case .photoshop: "convert it with ImageMagick, `convert 'image.psd[0]' image.png`"
    case .cameraRaw:
      "develop it into a JPEG, as with darktable, or let the camera save JPEG beside it (iPhone: "
        + "turn RAW off in the camera)"
    case .netpbm: "convert it with ImageMagick, `convert image.ppm image.png`"
    case .targa: "convert it with ImageMagick, `convert image.tga image.png`"
    case .pcx: "convert it with ImageMagick, `convert image.pcx image.png`"
    case .dds: "convert it with ImageMagick, `convert texture.dds texture.png`"
    case .radiance: "convert it with ImageMagick, `convert image.hdr image.png`"
    case .svg: "draw it with `rsvg-convert --output image.png image.svg`"
    case .pdf: "draw its first page with `pdftoppm -png -singlefile page.pdf page`"
    case .video: "take a frame of it with `ffmpeg -i clip.mp4 -frames:v 1 frame.png`"
    case .gimp, .openEXR, .qoi, .djvu, .dicom, .fits, .postScript, .metafile, .animatedPNG:
      "export it as PNG or JPEG from a program that opens it"
    case .empty, .audio, .text: "send an image"
    case .archive: "unpack it and send the image"
    case .webPage: "download the image itself, not the page that shows it or an error page"
    case .lfsPointer: "fetch the image with `git lfs pull`"
    case .base64: "decode it first"
    case .damagedPNG: "copy it again, as binary"
    }
  }

  /// The error for a file of this kind.
  var refusal: ImagingError {
    guard self != .empty else { return ImagingError(.unsupportedFormat, "the file is empty") }
    return Self.refusal(of: name, advice: advice)
  }

  /// Returns the error for a file of another kind, such as one that is not an image.
  static func refusal(of name: String, advice: String) -> ImagingError {
    ImagingError(
      .unsupportedFormat,
      "the file is \(name), and only PNG, JPEG, WebP and GIF are read: \(advice)")
  }
}
