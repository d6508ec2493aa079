import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The colours of output, named for what they say; all of them are plain where colour is off.
struct Palette {
    /// Whether text is coloured.
    let isColored: Bool

    /// Decides whether standard output is coloured.
    ///
    /// `NO_COLOR` has the first word, then the setting `terminal.color`, then `CLICOLOR_FORCE`; else a terminal is
    /// coloured unless it calls itself dumb.
    init(mode: ColorMode, environment: [String: String]) {
        self.init(mode: mode, environment: environment, isTerminal: isatty(STDOUT_FILENO) == 1)
    }

    private init(mode: ColorMode, environment: [String: String], isTerminal: Bool) {
        func isSet(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        if isSet("NO_COLOR") {
            isColored = false
            return
        }
        isColored =
            switch mode {
            case .always: true
            case .never: false
            case .auto:
                isSet("CLICOLOR_FORCE") && environment["CLICOLOR_FORCE"] != "0"
                    || isTerminal && environment["TERM"] != "dumb"
            }
    }

    /// A heading.
    func heading(_ text: String) -> String { styled(text, "1") }
    /// Something that is new, or is recorded.
    func added(_ text: String) -> String { styled(text, "32") }
    /// Something that is gone, or is wrong.
    func removed(_ text: String) -> String { styled(text, "31") }
    /// Something that is different.
    func changed(_ text: String) -> String { styled(text, "36") }
    /// The id of a commit or a snapshot.
    func id(_ text: String) -> String { styled(text, "33") }
    /// Something of less weight.
    func faint(_ text: String) -> String { styled(text, "2") }

    private func styled(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
