import FileSystem
import Foundation
import PythonEnvironment
import SystemPackage
import Testing

/// Runs our hooks through the pre-commit framework, with the settings that `Docs/hooks.md` shows.
@Suite("The pre-commit framework")
struct PreCommitTests {
    @Test("takes the manifest for valid")
    func manifest() throws {
        let manifest = PythonEnvironment.root.appending(path: ".pre-commit-hooks.yaml").path
        try PythonEnvironment.run(PythonEnvironment.program("pre-commit"), ["validate-manifest", manifest])
    }

    @Test("lets a commit pass whose data is stored, and tells in the message what changes")
    func passes() throws {
        let project = try Project()
        let output = try project.shell("echo two >data/a.csv && vintage add data && git commit -qam Two 2>&1")
        #expect(output.contains("data is stored and named"))
        #expect(output.contains("Passed"))
        #expect(try project.shell("git log -1 --format=%B").contains("Data: data (modified, 1 file, 4 B)"))
    }

    @Test("refuses a commit that would leave data behind, and says what to do")
    func refuses() throws {
        let project = try Project()
        try project.shell("echo two >data/a.csv && echo code >code.py && git add code.py")
        let output = try project.shell("git commit -qm Two 2>&1", expecting: 1)
        #expect(
            output.contains("data/a.csv was changed and not added; run 'vintage add data' to store it"), "\(output)")
        #expect(try project.shell("git log --format=%s") == "Settings\nOne\n")
        // What was staged is still there, and the change too.
        #expect(try project.shell("git diff --cached --name-only && cat data/a.csv") == "code.py\ntwo\n")
    }

    @Test("refuses a large file in git, and lets the rest of a commit pass with unstaged changes about")
    func refusesLargeFile() throws {
        let project = try Project()
        try project.shell("head -c 11000000 /dev/zero >big.bin && git add big.bin")
        #expect(try project.shell("git commit -qm Big 2>&1", expecting: 1).contains("[git-file-size]"))
        // The framework sets unstaged changes aside, also one of the lock.
        try project.shell(
            "git rm -q --cached big.bin && rm big.bin && echo 1 >a.py && git add a.py && echo 2 >a.py && git commit -qm Code"
        )
        #expect(try project.shell("cat a.py && git show HEAD:a.py") == "2\n1\n")
    }

    @Test("brings data along after checkout, merge and rebase")
    func brings() throws {
        let project = try Project()
        try project.shell(
            """
            git switch -qc side && echo two >data/a.csv && vintage add data && git commit -qam Two
            git switch -q main
            """)
        #expect(try project.shell("cat data/a.csv") == "one\n")
        try project.shell("git switch -q side")
        #expect(try project.shell("cat data/a.csv") == "two\n")
        try project.shell("git switch -q main && git merge -q side")
        #expect(try project.shell("cat data/a.csv") == "two\n")
        try project.shell(
            """
            git switch -qc topic HEAD~1 && echo more >data/b.csv && vintage add data && git commit -qam More
            git rebase -q main
            """)
        #expect(
            try project.shell("cat data/a.csv data/b.csv && vintage status | tail -n 1")
                == "two\nmore\nNothing to commit, 1 artifact clean\n")
    }

    @Test("sends data ahead of git's refs, and keeps git from pushing where it cannot")
    func sends() throws {
        let project = try Project()
        try project.shell(
            """
            git init -q --bare ../hub.git && git remote add origin ../hub.git
            vintage remote add store "$PWD/../store" && git add vintage.yaml && git commit -qm Remote
            git push -q -u origin main
            vintage clone ../hub.git ../clone
            """)
        #expect(try project.shell("cat ../clone/data/a.csv") == "one\n")
        try project.shell("echo two >data/a.csv && vintage add data && git commit -qam Two && mv ../store ../away")
        try project.shell("touch ../store")
        let output = try project.shell("git push 2>&1", expecting: 1)
        #expect(output.contains("vintage: "), "\(output)")
        #expect(try project.shell("git log --format=%s origin/main") == "Remote\nSettings\nOne\n")
    }
}

/// A project with one artifact, in which the framework is installed.
private struct Project {
    let folder: CommandFolder
    private let path: String

    init() throws {
        folder = try CommandFolder()
        let programs = folder.base.appending("bin")
        try programs.makeDirectories()
        let links = ["vintage": Playground.binary, "pre-commit": try PythonEnvironment.program("pre-commit")]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: programs.appending(name).string, withDestinationPath: target)
        }
        path = "PATH=\(programs):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        try Self.copy("Hooks", to: folder.base.appending("hooks/Hooks"))
        try Self.copy(".pre-commit-hooks.yaml", to: folder.base.appending("hooks/.pre-commit-hooks.yaml"))
        let version = try shell(
            "cd ../hooks && git init -q && git add -A && git commit -qm Hooks && git rev-parse HEAD")
        try folder.write(try Self.settings(folder.base.appending("hooks"), version), to: ".pre-commit-config.yaml")
        try folder.write("one\n", to: "data/a.csv")
        try shell(
            """
            vintage init && vintage add data && vintage commit -m One
            vintage config hooks.commit-summary trailer
            git add -A && git commit -qm Settings
            pre-commit install
            """)
    }

    private static func copy(_ name: String, to target: FilePath) throws {
        try target.removingLastComponent().makeDirectories()
        try FileManager.default.copyItem(
            atPath: PythonEnvironment.root.appending(path: name).path, toPath: target.string)
    }

    /// The settings in the documentation.
    private static func settings(_ repository: FilePath, _ version: String) throws -> String {
        let page = try String(contentsOf: PythonEnvironment.root.appending(path: "Docs/hooks.md"), encoding: .utf8)
        let block = try #require(page.firstMatch(of: /```yaml\n(default_install_hook_types(?s:.*?))```/)).output.1
        return String(block).replacing(/REPOSITORY.*/, with: "\(repository)")
            .replacing("VERSION", with: version.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @discardableResult
    func shell(
        _ script: String, expecting expected: Int32 = 0, at line: SourceLocation = #_sourceLocation
    ) throws -> String {
        let variables = ["env", path, "PRE_COMMIT_HOME=\(folder.base.appending("cache"))", "PRE_COMMIT_COLOR=never"]
        let (status, output) = try folder.start(variables + ["sh", "-e", "-c", script]).wait()
        if status != expected {
            Issue.record("\(script): status \(status)\n\(output)", sourceLocation: line)
            throw PythonEnvironment.Failure(description: output)
        }
        return output
    }
}
