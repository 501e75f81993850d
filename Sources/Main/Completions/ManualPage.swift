import Rendering

/// The manual page, in the language of `man`, made from the tables of commands and options.
enum ManualPage {
  /// All of it.
  static var text: String {
    ([head] + Command.allCases.map { section(of: $0) } + [scripts, foot]).joined(separator: "\n")
  }

  private static var head: String {
    """
    .TH IRIS 1 "" "iris \(escaped(Version.current))" "User Commands"
    .SH NAME
    iris \\- render images from prompts, and edit images as prompts say
    .SH SYNOPSIS
    .B iris
    .I COMMAND
    [options]
    .SH DESCRIPTION
    Renders images with a model of the FLUX.2 [klein] family, on the command line or over HTTP.
    .SH COMMANDS
    """
  }

  private static func section(of command: Command) -> String {
    var lines = [".SS " + quoted(HelpText.usage(of: command)), escaped(sentence(command.summary))]
    for option in command.options {
      let spellings = option.spellings.map { "\\fB" + escaped($0) + "\\fR" }.joined(separator: ", ")
      let value = command.placeholder(of: option).map { " \\fI" + escaped($0) + "\\fR" } ?? ""
      lines += [".TP", spellings + value, escaped(command.summary(of: option))]
    }
    for note in HelpText.notes(for: command) { lines += [".PP", escaped(note)] }
    return lines.joined(separator: "\n")
  }

  private static var scripts: String {
    let rows = FrontDoor.commands.map {
      ".TP\n\\fB./iris \(escaped($0.name))\\fR\n\(escaped($0.summary))"
    }
    return ([".SH SOURCE TREE"] + rows).joined(separator: "\n")
  }

  private static var foot: String {
    """
    .SH ENVIRONMENT
    .TP
    \\fBIRIS_HOME\\fR
    where models, LoRAs and goldens are looked for
    .TP
    \\fBIRIS_PROMPT_CACHE\\fR
    megabytes on disk for embedded prompts, 0 for none; \\-\\-prompt\\-cache comes first
    .TP
    \\fBIRIS_\\fR\\fISETTING\\fR
    settings of iris serve; iris serve \\-\\-print\\-config shows them all
    .SH EXIT STATUS
    0, 1 if the command failed, 2 if it was not understood.
    """
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + "."  // own text
  }

  private static func quoted(_ text: String) -> String {
    "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\""
  }

  /// Hyphens that can be copied, and no line that reads as a request.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
      .replacing("…", with: "...").replacing("~", with: "\\(ti").replacing("`", with: "\\(ga")
    return plain.utf8.first == UInt8(ascii: ".") || plain.utf8.first == UInt8(ascii: "'")
      ? "\\&" + plain : plain
  }
}
