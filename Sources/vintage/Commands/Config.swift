import ArgumentParser
import TextFormats
import Workspace

/// `vintage config`.
struct Config: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show each setting and where it came from, or change one.",
        discussion: """
            vintage.yaml is committed to git, .vintage/config.yaml (--local) overrides it on this machine, and a \
            variable such as VINTAGE_GC_GRACE overrides both.

            Examples:
              vintage config
              vintage config gc.grace 30d
              vintage config core.workers 4 --local
            """)

    @Flag(name: .customLong("local"), help: "Change the setting on this machine only.")
    var isLocal = false

    @OptionGroup var json: JSONOption

    @Argument(help: "The setting, as gc.grace.")
    var key: RawArgument?

    @Argument(help: "Its new value.")
    var value: RawArgument?

    func validate() throws {
        if isLocal && value == nil { throw ValidationError("--local goes with a key and a value") }
        if json.isOn && value != nil { throw ValidationError("--json shows settings and changes none") }
    }

    func run(in session: Session) throws -> ExitStatus {
        if let key, let value {
            try session.workspace.setSetting(key.text, to: value.text, isLocal: isLocal)
            return .done
        }
        let settings = try key.map { [try setting($0.text, in: session)] } ?? session.workspace.settings()
        if json.isOn {
            var object = JSONObject()
            object["settings"] = JSON(settings) { Self.json($0) }
            session.print(object)
        } else if key != nil {
            for setting in settings { session.print("\(setting.value)") }
        } else {
            var table = Table([.left, .left, .left, .left])
            for setting in settings {
                table.add([
                    setting.key.name, "\(setting.value)", "\(setting.source)",
                    session.palette.faint(setting.key.explanation),
                ])
            }
            for line in table.lines { session.print(line) }
        }
        return .done
    }

    private func setting(_ name: String, in session: Session) throws -> Configuration.Setting {
        let settings = session.workspace.settings()
        if let setting = settings.first(where: { $0.key.name == name }) { return setting }
        let nearest = nearestName(to: name, among: settings.map(\.key.name))
        throw ConfigurationError.unknownKey(name, .commandLine, nil, nearest: nearest)
    }

    private static func json(_ setting: Configuration.Setting) -> JSON {
        var object = JSONObject()
        object["key"] = .string(setting.key.name)
        switch setting.value {
        case .integer(let value): object["value"] = JSON(value)
        case .duration(let value): object["value"] = .string(value.description)
        case .choice(let value): object["value"] = .string(value)
        case .boolean(let value): object["value"] = .bool(value)
        case .size(let value): object["value"] = JSON(value)
        case .place(let value): object["value"] = .string(value)
        }
        object["source"] = .string(setting.source.description)
        object["explanation"] = .string(setting.key.explanation)
        return .object(object)
    }
}
