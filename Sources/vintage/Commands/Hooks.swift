import ArgumentParser
import FileSystem
import GitBridge
import TextFormats
import Workspace

/// `vintage hooks` and what is below it.
struct Hooks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have git's hooks keep data and code together.",
        discussion: """
            pre-commit refuses a commit that would leave data behind. prepare-commit-msg tells in the editor what data a \
            commit changes. post-checkout, post-merge and post-rewrite bring data to vintage.lock after git has moved \
            it, but never over changes that are stored nowhere.

            The hooks go where core.hooksPath says. One that is there already is kept as NAME.before-vintage and runs \
            first, and 'uninstall' puts it back. 'vintage config hooks.pre-commit false' switches one off.

            Examples:
              vintage hooks install
              vintage hooks status
              vintage hooks uninstall
            """,
        subcommands: [Install.self, Uninstall.self, Status.self])

    /// The hooks of the session's repository.
    fileprivate static func installation(_ session: Session) throws -> HookInstallation {
        guard let repository = session.workspace.repository else { throw HookError.needsGit }
        return try HookInstallation(repository)
    }

    /// `vintage hooks install`.
    struct Install: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the hooks in place.",
            discussion: """
                A hook that is there already is kept and runs first, with the same arguments and input; if it fails, \
                nothing else runs. Run it again after an update of vintage.

                Example:
                  vintage hooks install
                """)

        func run(in session: Session) throws -> ExitStatus {
            let installation = try Hooks.installation(session)
            let written = try installation.install()
            let kept = try Hook.allCases.filter { try installation.status(of: $0).hasSaved }
            if written.isEmpty {
                session.print("The hooks are in \(displayed(installation.folder)) already.")
            } else {
                session.print("Put \(counted(written.count, "hook")) into \(displayed(installation.folder)).")
            }
            if !kept.isEmpty {
                session.print("Run what was there first: \(kept.map(\.name).joined(separator: ", ")).")
            }
            return .done
        }
    }

    /// `vintage hooks uninstall`.
    struct Uninstall: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the hooks away, and put back what was there before.",
            discussion: """
                Example:
                  vintage hooks uninstall
                """)

        func run(in session: Session) throws -> ExitStatus {
            let installation = try Hooks.installation(session)
            let removal = try installation.uninstall()
            if removal.removed.isEmpty && removal.restored.isEmpty {
                session.print("There are no hooks of Vintage in \(displayed(installation.folder)).")
            } else {
                let count = counted(removal.removed.count, "hook")
                session.print("Took \(count) away from \(displayed(installation.folder)).")
            }
            if !removal.restored.isEmpty {
                session.print("Back in place: \(removal.restored.map(\.name).joined(separator: ", ")).")
            }
            for hook in removal.left {
                session.print(
                    "Left \(hook.name), which is another's, and \(hook.name)\(HookInstallation.suffix) beside it.")
            }
            return .done
        }
    }

    /// `vintage hooks status`.
    struct Status: WorkspaceCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what git's hooks run.",
            discussion: """
                Example:
                  vintage hooks status
                """)

        @OptionGroup var json: JSONOption

        func run(in session: Session) throws -> ExitStatus {
            let installation = try Hooks.installation(session)
            if json.isOn {
                var object = JSONObject()
                object["folder"] = .string(displayed(installation.folder))
                object["hooks"] = try JSON(Hook.allCases.map { ($0, try installation.status(of: $0)) }) {
                    Self.json($0.0, $0.1, session)
                }
                session.print(object)
                return .done
            }
            session.print("Hooks in \(displayed(installation.folder)):")
            var table = Table([.left, .left])
            for hook in Hook.allCases {
                table.add(["  " + hook.name, Self.text(hook, try installation.status(of: hook), session)])
            }
            for line in table.lines { session.print(line) }
            return .done
        }

        private static func text(_ hook: Hook, _ status: HookInstallation.Status, _ session: Session) -> String {
            switch status.occupant {
            case .nothing where status.hasSaved: return "interrupted; run 'vintage hooks install' again"
            case .nothing: return "not installed"
            case .other: return "not installed; runs another's hook"
            case .current, .outdated: break
            }
            var parts: [String] = []
            if status.runsSaved { parts.append("\(hook.name)\(HookInstallation.suffix)") }
            if session.workspace.configuration.isHookOn(hook.name) { parts.append("vintage") }
            var text = parts.isEmpty ? "runs nothing" : "runs " + parts.joined(separator: ", then ")
            if let setting = session.workspace.configuration.hookSetting(hook.name), setting.value == .boolean(false) {
                text += "; vintage is switched off in \(setting.source)"
            }
            if status.occupant == .outdated { text += "; of another version, run 'vintage hooks install'" }
            return text
        }

        private static func json(_ hook: Hook, _ status: HookInstallation.Status, _ session: Session) -> JSON {
            var object = JSONObject()
            object["hook"] = .string(hook.name)
            object["state"] = .string("\(status.occupant)")
            object["runs_before"] = .bool(status.runsSaved)
            object["enabled"] = .bool(session.workspace.configuration.isHookOn(hook.name))
            return .object(object)
        }
    }
}
