import FileSystem
import Foundation
import SystemPackage
import Testing

import Git
import GitBridge

@Suite("The installation of hooks")
struct HookInstallationTests {
    @Test("install puts every hook in place, executable, and running it again changes nothing")
    func installs() throws {
        let place = try HookPlayground()
        let installation = try HookInstallation(place.repository())
        #expect(try installation.install() == Hook.allCases)
        for hook in Hook.allCases {
            #expect(try place.hook(hook.name).contents() == hook.script)
            #expect(try place.hook(hook.name).status()?.isExecutable == true)
            #expect(try installation.status(of: hook).occupant == .current)
        }
        #expect(try installation.install() == [])
    }

    @Test("uninstall leaves the folder as it was before: bytes, modes, links and times", arguments: [false, true])
    func restores(_ movesHooks: Bool) throws {
        let place = try HookPlayground(movesHooks: movesHooks)
        try place.write("pre-commit", "#!/bin/sh\necho mine\n", mode: 0o751)
        try place.write("post-merge", "not executable", mode: 0o640)
        try place.hookFolder.appending("shared").replaceContents(with: Array("#!/bin/sh\n".utf8))
        try Directory(place.hookFolder).makeLink(Array("post-checkout".utf8), to: Array("shared".utf8))
        try place.write("commit-msg", "#!/bin/sh\n", mode: 0o755)
        let before = try place.listing()
        let installation = try HookInstallation(place.repository())
        try installation.install()
        try installation.install()
        #expect(try place.listing() != before)
        let removal = try installation.uninstall()
        #expect(removal.removed == Hook.allCases)
        #expect(removal.restored == [.preCommit, .postCheckout, .postMerge])
        #expect(try place.listing() == before)
        let nothing = try installation.uninstall()
        #expect(nothing.removed.isEmpty && nothing.restored.isEmpty && nothing.left.isEmpty)
    }

    @Test("a folder of hooks that was made for it goes away again")
    func removesFolder() throws {
        let place = try HookPlayground(movesHooks: true)
        try place.hookFolder.removeAll()
        let installation = try HookInstallation(place.repository())
        try installation.install()
        _ = try installation.uninstall()
        #expect(!place.hookFolder.exists)
        // One in which something else was put since stays.
        try installation.install()
        try place.write("commit-msg", "#!/bin/sh\n", mode: 0o755)
        _ = try installation.uninstall()
        #expect(try place.listing().map(\.name) == ["commit-msg"])
    }

    @Test("a script of another version is replaced, and uninstall takes it away too")
    func updates() throws {
        let place = try HookPlayground()
        let installation = try HookInstallation(place.repository())
        try installation.install()
        try place.write("post-merge", String(decoding: Hook.postMerge.script, as: UTF8.self) + "# more\n", mode: 0o755)
        #expect(try installation.status(of: .postMerge).occupant == .outdated)
        #expect(try installation.install() == [.postMerge])
        try place.write("post-merge", String(decoding: Hook.postMerge.script, as: UTF8.self) + "# more\n", mode: 0o755)
        _ = try installation.uninstall()
        #expect(!place.hook("post-merge").exists)
    }

    @Test("a hook that somebody puts in the place of ours is left alone, and so is what was there before")
    func leavesOthers() throws {
        let place = try HookPlayground()
        try place.write("pre-commit", "#!/bin/sh\necho first\n", mode: 0o755)
        let installation = try HookInstallation(place.repository())
        try installation.install()
        try place.write("pre-commit", "#!/bin/sh\necho second\n", mode: 0o755)
        #expect(throws: HookError.self) { try installation.install() }
        #expect(try installation.uninstall().left == [.preCommit])
        #expect(try place.hook("pre-commit").contents() == Array("#!/bin/sh\necho second\n".utf8))
        #expect(
            try place.hook("pre-commit.before-vintage").contents() == Array("#!/bin/sh\necho first\n".utf8))
    }

    @Test("an installation that was interrupted is completed by another, and undone by uninstall")
    func completes() throws {
        let place = try HookPlayground()
        try place.write("pre-commit.before-vintage", "#!/bin/sh\necho mine\n", mode: 0o755)
        let installation = try HookInstallation(place.repository())
        #expect(try installation.uninstall().restored == [.preCommit])
        try place.hook("pre-commit").rename(to: place.hook("pre-commit.before-vintage"))
        try installation.install()
        #expect(try installation.status(of: .preCommit).runsSaved)
    }

    @Test("core.hooksPath that names no folder is refused")
    func refusesFile() throws {
        let place = try HookPlayground()
        try place.git("config", "core.hooksPath", "/dev/null")
        let installation = try HookInstallation(place.repository())
        #expect(throws: HookError.notAFolder("/dev/null")) { try installation.install() }
    }

    @Test("a linked working tree has the hooks of the main one")
    func linkedWorktree() throws {
        let place = try HookPlayground()
        try place.git("commit", "-q", "--allow-empty", "-m", "first")
        let linked = place.folder.appending("linked")
        try place.git("worktree", "add", "-q", linked.string)
        let found = try #require(try Repository.discover(from: linked))
        #expect(try HookInstallation(found).folder == HookInstallation(place.repository()).folder)
    }

    @Test("the settings name every hook")
    func settings() {
        #expect(HookPlayground.settingNames == Hook.allCases.map(\.name))
    }
}

@Suite("The scripts of hooks")
struct HookScriptTests {
    /// A hook that notes how it was called, and ends with a status.
    private static func recorder(_ name: String, status: Int = 0) -> String {
        "#!/bin/sh\n{ printf '%s' '\(name)'; printf ' <%s>' \"$@\"; echo; cat; } >>\"$RECORD\"\nexit \(status)\n"
    }

    @Test("a hook from before runs first, with the same arguments and input", arguments: Hook.allCases)
    func chains(_ hook: Hook) throws {
        let place = try HookPlayground()
        try place.write(hook.name, Self.recorder("mine"), mode: 0o755)
        try HookInstallation(place.repository()).install()
        try place.writeProgram(Self.recorder("vintage"))
        let input = [.postRewrite, .prePush].contains(hook) ? "a b\n\nc d\n\n" : ""
        let run = try place.run(hook.name, ["one two", "", "*"], input: input)
        #expect(run.status == 0)
        let arguments = "<one two> <> <*>\n\(input)"
        #expect(try place.record() == "mine \(arguments)vintage <hook> <\(hook.name)> \(arguments)")
    }

    @Test("if it fails, its status is git's and vintage does not run", arguments: Hook.allCases)
    func failureWins(_ hook: Hook) throws {
        let place = try HookPlayground()
        try place.write(hook.name, Self.recorder("mine", status: 7), mode: 0o755)
        try HookInstallation(place.repository()).install()
        try place.writeProgram(Self.recorder("vintage"))
        #expect(try place.run(hook.name, []).status == 7)
        #expect(try place.record().hasPrefix("mine"))
        #expect(try !place.record().contains("vintage"))
    }

    @Test("a hook from before that is not executable does not run, as with git", arguments: Hook.allCases)
    func notExecutable(_ hook: Hook) throws {
        let place = try HookPlayground()
        try place.write(hook.name, Self.recorder("mine"), mode: 0o644)
        try HookInstallation(place.repository()).install()
        try place.writeProgram(Self.recorder("vintage", status: 3))
        #expect(try place.run(hook.name, []).status == 3)
        #expect(try place.record().hasPrefix("vintage"))
    }

    @Test("without vintage one line says so, and only a commit and a push are stopped", arguments: Hook.allCases)
    func withoutVintage(_ hook: Hook) throws {
        let place = try HookPlayground()
        try HookInstallation(place.repository()).install()
        let run = try place.run(hook.name, [])
        #expect(run.status == ([.preCommit, .prePush].contains(hook) ? 1 : 0))
        #expect(run.errors.hasPrefix("vintage: ") && run.errors.hasSuffix("\n"))
        #expect(run.errors.split(separator: "\n").count == 1)
    }
}
