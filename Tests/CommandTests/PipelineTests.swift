import Foundation
import PythonEnvironment
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs the jobs of `Docs/ci` as their services would: the commands are taken from the files themselves.
@Suite("The jobs of Docs/ci")
struct PipelineTests {
    private static func file(_ name: String) -> String {
        PythonEnvironment.root.appending(path: "Docs/ci/\(name)").path
    }

    @Test(
        "follow their services' schemas",
        arguments: [("github-actions.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")])
    func followSchemas(_ name: String, _ schema: String) throws {
        try PythonEnvironment.run(
            PythonEnvironment.program("check-jsonschema"), ["--builtin-schema", schema, Self.file(name)])
    }

    // MARK: GitHub

    @Test("GitHub: on sound data every step passes, with nothing to annotate")
    func gitHubPasses() throws {
        let project = try Project()
        let run = try project.gitHub()
        #expect(run.statuses == ["Trust the checkout": 0, "Bring the data": 0, "Check": 0, "Report": 0])
        #expect(run.output("Check") == "")
        #expect(run.uploaded == [[]])
        #expect(try project.folder.text("clone/data/2.csv") == "two\n")
    }

    @Test("GitHub: what is wrong fails the check, is annotated, and goes to code scanning")
    func gitHubAnnotates() throws {
        let project = try Project()
        try project.commitLargeFile()
        let run = try project.gitHub()
        #expect(run.statuses["Bring the data"] == 0)
        #expect(run.statuses["Check"] == 1)
        #expect(run.output("Check").hasPrefix("::error file=large.bin,title=git-file-size::"))
        #expect(run.uploaded == [["git-file-size"]])
    }

    @Test("GitHub: data that nobody pushed fails the job, and the report says what lacks")
    func gitHubMisses() throws {
        let project = try Project(pushesData: false)
        let run = try project.gitHub()
        #expect(run.statuses["Bring the data"] != 0)
        #expect(run.statuses["Check"] == nil)
        #expect(run.uploaded.first?.contains("objects-present") == true)
    }

    // MARK: GitLab

    @Test("GitLab: on sound data the job passes, and its report has a case a check")
    func gitLabPasses() throws {
        let project = try Project()
        let run = try project.gitLab()
        #expect(run.status == 0, "\(run.output)")
        #expect(run.report?.contains("failures=\"0\"") == true)
        #expect(run.report?.contains("name=\"lock-consistent\"") == true)
    }

    @Test("GitLab: what is wrong fails the job, and the report is there all the same")
    func gitLabFails() throws {
        let project = try Project()
        try project.commitLargeFile()
        let run = try project.gitLab()
        #expect(run.status == 1, "\(run.output)")
        #expect(run.report?.contains("failures=\"1\"") == true)
    }

    // MARK: The image

    @Test("the image is built from all that the package names, with the packages that the bootstrap script installs")
    func image() throws {
        let text = try String(contentsOfFile: Self.file("Containerfile"), encoding: .utf8)
        let folder = try CommandFolder()
        let lines = text.split(separator: "\n")
        for line in lines where line.hasPrefix("COPY ") && !line.contains("--from") {
            let words = line.split(separator: " ").map(String.init)
            let source = PythonEnvironment.root.appending(path: words[1]).path
            try FileManager.default.copyItem(atPath: source, toPath: folder.path(words[1]).string)
        }
        // Fails where a target's folder, a resource or an excluded file is missing.
        try folder.run("swift", "package", "describe", "--type", "json")
        let bootstrap = try String(
            contentsOf: PythonEnvironment.root.appending(path: "Scripts/bootstrap"), encoding: .utf8)
        let packages = try #require(bootstrap.firstMatch(of: /build_packages=\(([^)]*)\)/)).output.1
        for package in packages.split(separator: " ") where package != "git" {
            #expect(text.firstRange(of: " \(package)") != nil, "the image is built without \(package)")
        }
    }
}

/// A project with data, whose code is in a bare repository and whose data is in a folder remote.
private struct Project {
    let folder: CommandFolder

    init(pushesData: Bool = true) throws {
        folder = try CommandFolder()
        try folder.write("one\n", to: "project/data/1.csv")
        try shell(
            """
            git init -q --bare hub.git
            cd project
            git init -q && git remote add origin ../hub.git
            vintage init && vintage add data && vintage remote add store "$TOP/store"
            git add vintage.yaml && vintage commit -m One
            echo two >data/2.csv && vintage commit -m Two
            git push -q origin main
            """)
        if pushesData { try shell("cd project && vintage push") }
    }

    /// Commits what the check `git-file-size` has something against.
    func commitLargeFile() throws {
        try shell(
            """
            cd project
            head -c 12000000 /dev/urandom >large.bin && git add large.bin && git commit -qm Large && git push -q origin main
            """)
    }

    @discardableResult
    private func shell(_ script: String) throws -> String {
        let (status, output) = try run("set -e\n" + script)
        if status != 0 { throw PythonEnvironment.Failure(description: output) }
        return output
    }

    /// Runs a script in a folder, as a job's user with a fresh home.
    private func run(
        _ script: String, in place: String = ".", with variables: [String] = []
    ) throws -> (status: Int32, output: String) {
        let bin = folder.base.appending("bin")
        if !FileManager.default.fileExists(atPath: bin.string) {
            try bin.makeDirectories()
            try FileManager.default.createSymbolicLink(
                atPath: bin.appending("vintage").string, withDestinationPath: Playground.binary)
        }
        let path = "\(bin):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        let words =
            ["env", "-C", folder.path(place).string, "PATH=\(path)", "TOP=\(folder.root)"] + variables
            + ["sh", "-e", "-c", script]
        return try folder.start(words).wait()
    }

    /// The newest commit and nothing more, in a folder of another user, as the services' own checkout leaves it.
    private func clone() throws {
        try shell("git clone -q --depth 1 file://$TOP/hub.git clone && git -C clone checkout -q --detach")
        if getuid() == 0 { try shell("chown -R 12345:12345 clone") }
        // The job's user has no settings; the clone's own suffice.
        try folder.base.appending("home/.gitconfig").remove()
    }

    // MARK: Jobs

    private struct Step: Decodable {
        let name: String
        let uses: String?
        let run: String?
        let always: Bool
        let with: [String: String]
    }

    struct GitHubRun {
        var statuses: [String: Int32] = [:]
        var outputs: [String: String] = [:]
        /// The rules of the results of each file that was uploaded.
        var uploaded: [[String]] = []

        func output(_ step: String) -> String { outputs[step] ?? "" }
    }

    func gitHub() throws -> GitHubRun {
        let steps = try read([Step].self, "github", "github-actions.yml")
        var (run, hasFailed) = (GitHubRun(), false)
        for step in steps where step.always || !hasFailed {
            switch step.uses?.prefix(while: { $0 != "@" }) {
            case "actions/checkout": try clone()
            case "actions/cache": continue
            case "github/codeql-action/upload-sarif":
                let file = folder.path("clone").appending(try #require(step.with["sarif_file"]))
                run.uploaded.append(try rules(ofSARIF: file))
            case nil:
                let workspace = "GITHUB_WORKSPACE=\(folder.path("clone"))"
                let (status, output) = try self.run(try #require(step.run), in: "clone", with: [workspace])
                run.statuses[step.name] = status
                run.outputs[step.name] = output
                hasFailed = hasFailed || status != 0
            case let action?: Issue.record("the job uses \(action), which the test does not know how to run")
            }
        }
        return run
    }

    private struct Job: Decodable {
        let commands: [String]
        let always: Bool
        let reports: [String: String]
    }

    func gitLab() throws -> (status: Int32, output: String, report: String?) {
        let job = try read(Job.self, "gitlab", "gitlab-ci.yml")
        try clone()
        let directory = "CI_PROJECT_DIR=\(folder.path("clone"))"
        let (status, output) = try run(job.commands.joined(separator: "\n"), in: "clone", with: [directory])
        let report = job.always || status == 0 ? try folder.text("clone/\(try #require(job.reports["junit"]))") : nil
        return (status, output, report)
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ service: String, _ file: String) throws -> Value {
        let path = PythonEnvironment.root.appending(path: "Docs/ci/\(file)").path
        let output = try PythonEnvironment.python("ci-steps.py", [service, path])
        return try JSONDecoder().decode(type, from: Data(output.utf8))
    }

    /// Reads a SARIF file by the schema, and returns the rules of its results.
    private func rules(ofSARIF file: FilePath) throws -> [String] {
        try PythonEnvironment.python("validate-report.py", ["sarif", file.string])
        let log = try JSONSerialization.jsonObject(with: Data(try file.contents())) as? [String: Any]
        let run = try #require((log?["runs"] as? [[String: Any]])?.first)
        return try #require(run["results"] as? [[String: Any]]).compactMap { $0["ruleId"] as? String }
    }
}
