import FileSystem
import Foundation
import PythonEnvironment
import SystemPackage
import Testing

/// Repositories that the real DVC works in, from the Python packages of `Tests/requirements.txt`.
private final class DVCWork {
    let folder: CommandFolder
    var random: SplitMix

    init(seed: UInt64) throws {
        folder = try CommandFolder()
        random = SplitMix(seed: seed)
        try folder.run("git", "init", "--quiet", "a")
    }

    /// Runs a line of the shell in a repository, with `dvc` and `vintage` on the path.
    @discardableResult
    func shell(_ line: String, in repository: String = "a", expecting: Int32? = 0) throws -> String {
        let binary = FilePath(Playground.binary).removingLastComponent()
        let setUp =
            "export PATH='\(try PythonEnvironment.folder)':'\(binary)':\"$PATH\" DVC_NO_ANALYTICS=1; cd '\(repository)' && "
        return try folder.run("bash", "-c", setUp + "{ " + line + "; }", expecting: expecting)
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        try folder.path(path).removingLastComponent().makeDirectories()
        try folder.path(path).replaceContents(with: bytes, isDurable: false)
    }

    func bytes(_ path: String) throws -> [UInt8] { try folder.path(path).contents() }

    /// Adds data to DVC and commits its files at a date.
    func commit(_ message: String, _ paths: String, date: String) throws {
        try shell("dvc add --quiet \(paths)")
        try commit(message, date: date)
    }

    func commit(_ message: String, date: String) throws {
        let time = "\(date)T12:00:00Z"
        try shell(
            "git add --all && GIT_AUTHOR_DATE=\(time) GIT_COMMITTER_DATE=\(time) git commit --quiet -m '\(message)'")
    }

    /// A repository of three commits, of which each moves `data`, and two `raw/large.bin`.
    ///
    /// - Returns: what `raw/large.bin` held in each commit.
    func makeHistory() throws -> [[UInt8]] {
        try shell("dvc init --quiet")
        var large = random.bytes(1_000_000)
        var versions = [large]
        try write(large, to: "a/raw/large.bin")
        try write(Array("one\n".utf8), to: "a/data/2013/x.csv")
        try write(Array("always\n".utf8), to: "a/data/ünicode name.csv")
        try commit("first", "data raw/large.bin", date: "2013-02-01")
        try write(Array("two\n".utf8), to: "a/data/2013/x.csv")
        large.insert(contentsOf: Array("inserted".utf8), at: 300_000)
        versions.append(large)
        try write(large, to: "a/raw/large.bin")
        try commit("second", "data raw/large.bin", date: "2013-03-01")
        try write(Array("three\n".utf8), to: "a/data/2013/x.csv")
        try folder.path("a/data/2014").makeDirectories()
        try write([], to: "a/data/2014/empty.csv")
        versions.append(large)
        try commit("third", "data", date: "2013-04-01")
        return versions
    }

    func log(_ path: String) throws -> [[String: Any]] {
        let json = try JSONSerialization.jsonObject(with: Data(try shell("vintage log \(path) --json").utf8))
        return try #require((json as? [String: Any])?.values.compactMap { $0 as? [[String: Any]] }.first)
    }
}

@Suite("DVC")
struct DVCTests {
    @Test("each commit that moved a .dvc file gives a snapshot with its time, message and bytes")
    func history() throws {
        let work = try DVCWork(seed: 1)
        let large = try work.makeHistory()
        try work.shell("vintage init")
        #expect(try work.shell("vintage import dvc").contains("5 versions of 2 artifacts"))

        let entries = try work.log("data")
        #expect(entries.map { $0["message"] as? String } == ["third", "second", "first"])
        #expect(
            entries.map { ($0["time"] as? String)?.prefix(10) } == ["2013-04-01", "2013-03-01", "2013-02-01"])
        let commits = try work.shell("git log --format=%H").split(separator: "\n").map(String.init)
        #expect(entries.map { $0["code_commit"] as? String } == commits)
        #expect(try work.log("raw/large.bin").count == 2)

        // Before the commit of the lock and after it.
        for _ in 0..<2 {
            for (day, text) in [("2013-02-15", "one\n"), ("2013-03-01", "two\n"), ("2013-06-01", "three\n")] {
                #expect(try work.shell("vintage cat 'data@{\(day)}:2013/x.csv'") == text)
            }
            #expect(try work.shell("vintage cat 'data@{2013-01-01}:2013/x.csv'", expecting: 2).contains("no version"))
            try work.shell("vintage cat 'raw/large.bin@{2013-02-15}' >../then")
            #expect(try work.bytes("then") == large[0])
            try work.shell("vintage status | grep -qE '2 artifacts (without changes|clean)' && git add --all")
            try work.shell("git commit --quiet --allow-empty -m 'Take the data over'")
        }
        try work.shell("rm -rf data raw/large.bin .dvc/cache && vintage checkout && vintage gc --grace 0s")
        #expect(try work.bytes("a/raw/large.bin") == large[2])
        #expect(try work.bytes("a/data/ünicode name.csv") == Array("always\n".utf8))
        #expect(try work.bytes("a/data/2014/empty.csv").isEmpty)
        try work.shell("vintage fsck --data")
    }

    @Test("an import that is done again takes over what is new, and nothing else changes")
    func again() throws {
        let work = try DVCWork(seed: 2)
        _ = try work.makeHistory()
        try work.shell("vintage init && vintage import dvc data && cp vintage.lock ../lock && vintage import dvc data")
        #expect(try work.bytes("a/vintage.lock") == work.bytes("lock"))
        try work.commit("Take the data over", date: "2013-04-02")
        try work.write(Array("four\n".utf8), to: "a/data/2013/x.csv")
        try work.commit("fourth", "data", date: "2013-05-01")
        #expect(try work.shell("vintage import dvc data").contains("modified  data"))
        #expect(try work.log("data").map { $0["message"] as? String } == ["fourth", "third", "second", "first"])

        // Versions of the workspace's own are not taken back.
        try work.write(Array("own\n".utf8), to: "a/data/2013/x.csv")
        try work.shell("vintage add data")
        let refusal = try work.shell("vintage import dvc data", expecting: 2)
        #expect(refusal.contains("vintage rm --cached data"))
    }

    @Test("branches that were merged give a history that was merged")
    func merge() throws {
        let work = try DVCWork(seed: 3)
        try work.shell("dvc init --quiet")
        try work.write([1], to: "a/x")
        try work.write([1], to: "a/y")
        try work.commit("base", "x y", date: "2013-02-01")
        try work.shell("git switch --quiet -c side")
        try work.write([2], to: "a/x")
        try work.commit("side", "x", date: "2013-02-02")
        try work.shell("git switch --quiet main && dvc checkout --quiet")
        try work.write([3], to: "a/y")
        try work.commit("main", "y", date: "2013-02-03")
        try work.shell("git merge --quiet --no-edit side && dvc checkout --quiet && vintage init && vintage import dvc")
        #expect(try work.log("x").map { $0["message"] as? String } == ["side", "base"])
        #expect(try work.log("y").map { $0["message"] as? String } == ["main", "base"])
        #expect(try work.shell("vintage cat x | od -An -tu1").contains("2"))
    }

    @Test("what a pipeline made has its command, parameters and inputs; what git keeps is left to it")
    func pipeline() throws {
        let work = try DVCWork(seed: 4)
        try work.shell("dvc init --quiet")
        try work.write(Array("a,b\n1,2\n".utf8), to: "a/data/x.csv")
        try work.write(Array("rate: 3\n".utf8), to: "a/params.yaml")
        let stages = """
            stages:
              count:
                wdir: work
                cmd: wc -c <../data/x.csv >count.txt && echo '{}' >metrics.json
                deps: [../data]
                params: [../params.yaml: [rate]]
                outs: [count.txt]
                metrics:
                - metrics.json:
                    cache: false

            """
        try work.write(Array(stages.utf8), to: "a/dvc.yaml")
        try work.folder.path("a/work").makeDirectories()
        try work.shell("dvc add --quiet data && dvc repro --quiet")
        try work.commit("made", date: "2013-02-01")
        try work.shell("vintage init && vintage import dvc")
        #expect(try work.shell("vintage status").contains("2 artifacts without changes"))
        let entry = try #require(try work.log("work/count.txt").first)
        #expect((entry["command"] as? String)?.hasPrefix("wc -c") == true)
        #expect((entry["inputs"] as? [[String: Any]])?.first?["artifact"] as? String == "data")
        let parameters = entry["parameters"] as? [String: String]
        #expect(parameters?["dvc.stage"] == "count")
        #expect(parameters?["../params.yaml:rate"] == "3")

        // Its stage is in the way of a .dvc file of its own, unless it says the same.
        #expect(try work.shell("vintage export dvc work/count.txt").contains("dvc.lock"))
        try work.write(Array("other\n".utf8), to: "a/work/count.txt")
        try work.shell("vintage add work/count.txt")
        #expect(try work.shell("vintage export dvc work/count.txt", expecting: 2).contains("dvc.yaml"))
    }

    @Test("the cache of DVC 2 is read, and line ends that it took for alike")
    func formerLayout() throws {
        let work = try DVCWork(seed: 5)
        try work.shell("dvc init --quiet")
        // As DVC 2 wrote them: without `hash`, in the cache's own folders, and by the MD5 of the text with line feeds.
        let text = Array("a,b\r\n1,2\r\n".utf8)
        try work.write(text, to: "windows.csv")
        let name = try work.shell("printf 'a,b\\n1,2\\n' | md5sum").prefix(32)
        try work.write(text, to: "a/.dvc/cache/\(name.prefix(2))/\(name.dropFirst(2))")
        let listing = "[{\"md5\": \"\(name)\", \"relpath\": \"below/windows.csv\"}]"
        let folder = try work.shell("printf '%s' '\(listing)' | md5sum").prefix(32)
        try work.write(Array(listing.utf8), to: "a/.dvc/cache/\(folder.prefix(2))/\(folder.dropFirst(2)).dir")
        try work.write(Array("outs:\n- md5: \(name)\n  size: 8\n  path: windows.csv\n".utf8), to: "a/windows.csv.dvc")
        try work.write(Array("outs:\n- md5: \(folder).dir\n  size: 8\n  path: d\n".utf8), to: "a/d.dvc")
        try work.shell("dvc checkout --quiet")  // DVC itself takes them.
        try work.shell("printf '/windows.csv\\n/d\\n' >.gitignore")
        try work.commit("former", date: "2013-02-01")
        try work.shell("vintage init && vintage import dvc && vintage cat windows.csv >../then")
        #expect(try work.bytes("then") == text)
        try work.shell("vintage cat d/below/windows.csv >../then")
        #expect(try work.bytes("then") == text)
    }

    @Test("a missing or damaged object is an error that names it, and can be left out where it is old")
    func missingObjects() throws {
        let work = try DVCWork(seed: 6)
        _ = try work.makeHistory()
        try work.shell("vintage init")
        let name = try work.shell("git show HEAD~2:raw/large.bin.dvc | sed -n 's/^- md5: //p'")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let place = "a/.dvc/cache/files/md5/\(name.prefix(2))/\(name.dropFirst(2))"
        let bytes = try work.bytes(place)
        try work.shell("chmod +w ../\(place)")
        try work.write(Array(bytes.dropLast()) + [bytes.last! ^ 1], to: place)
        #expect(try work.shell("vintage import dvc", expecting: 1).contains("should have the MD5 \(name)"))
        try work.folder.path(place).remove()
        let error = try work.shell("vintage import dvc", expecting: 1)
        #expect(error.contains(name) && error.contains("raw/large.bin") && error.contains(".dvc/cache"))
        #expect(try work.folder.text("a/vintage.lock") == nil)
        #expect(try work.shell("vintage import dvc --skip-missing").contains(name))
        #expect(try work.log("raw/large.bin").map { $0["message"] as? String } == ["second"])

        // A folder that is laid out alike, such as a remote, may have it.
        try work.shell("vintage undo && mkdir -p ../remote && cp -r .dvc/cache/files ../remote")
        try work.write(bytes, to: "remote/files/md5/\(name.prefix(2))/\(name.dropFirst(2))")
        #expect(try work.shell("vintage import dvc --cache ../remote").contains("5 versions"))
    }

    @Test("wrong use is told, and hostile files of DVC write nowhere else")
    func refusals() throws {
        let work = try DVCWork(seed: 7)
        try work.write(Array("code\n".utf8), to: "a/code")
        try work.commit("code", date: "2013-01-01")
        try work.shell("vintage init")
        #expect(try work.shell("vintage import dvc", expecting: 2).contains("no .dvc file"))
        #expect(try work.shell("vintage import dvc --cache nowhere", expecting: 2).contains("nowhere"))
        _ = try work.makeHistory()
        #expect(try work.shell("vintage import dvc other", expecting: 2).contains("raw/large.bin"))
        for (path, word) in [("../../escape", "outside"), ("/etc/passwd", "outside"), (".git/hooks", ".git")] {
            try work.write(
                Array("outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: '\(path)'\n".utf8), to: "a/bad.dvc")
            try work.write([], to: "a/.dvc/cache/files/md5/d4/1d8cd98f00b204e9800998ecf8427e")
            try work.commit("bad", date: "2013-05-01")
            #expect(try work.shell("vintage import dvc", expecting: nil).contains(word))
            #expect(try work.folder.text("a/vintage.lock") == nil)
            try work.shell("git reset --quiet --hard HEAD~1")
        }
        try work.write(Array("outs: [".utf8), to: "a/bad.dvc")
        try work.commit("worse", date: "2013-05-01")
        #expect(try work.shell("vintage import dvc", expecting: 1).contains("bad.dvc"))
        #expect(try work.shell("vintage import dvc --skip-missing", expecting: 1).contains("bad.dvc"))
        try work.shell("git rm --quiet bad.dvc")
        try work.commit("mended", date: "2013-05-02")
        #expect(try work.shell("vintage import dvc", expecting: 1).contains("--skip-missing"))
        #expect(try work.shell("vintage import dvc --skip-missing").contains("5 versions"))
    }

    @Test("what was exported comes back with 'dvc checkout' in a clone, byte for byte, and DVC finds no difference")
    func export() throws {
        let work = try DVCWork(seed: 8)
        let large = work.random.bytes(700_000)
        try work.write(large, to: "a/raw/large.bin")
        try work.write(Array("x\r\n".utf8), to: "a/data/b/x.csv")
        try work.write(Array("x".utf8), to: "a/data/a \"quoted\" näme 😀.csv")
        try work.write([], to: "a/data/empty")
        try work.write(Array("#!/bin/sh\n".utf8), to: "a/run.sh")
        try work.shell(
            "chmod +x run.sh && vintage init && vintage add data raw/large.bin run.sh && vintage commit -m data")
        #expect(try work.shell("vintage export dvc").contains("exported  data"))
        #expect(try work.shell("dvc status").contains("up to date"))
        try work.commit("Hand the data to DVC", date: "2013-02-01")
        try work.shell("dvc status && test -z \"$(git status --porcelain)\"")

        try work.shell("git clone --quiet a b", in: ".")
        try work.shell("dvc cache dir --local ../a/.dvc/cache && dvc checkout --quiet", in: "b")
        for name in ["data", "raw", "run.sh"] {
            #expect(try work.folder.files("a/\(name)") == work.folder.files("b/\(name)"))
        }
        #expect(try work.folder.path("b/run.sh").status()?.isExecutable == true)
        #expect(try work.shell("dvc status", in: "b").contains("up to date"))

        // Back again: the same bytes are the same content.
        try work.shell("vintage import dvc", expecting: 2)
        try work.shell("git rm --quiet vintage.lock && git commit --quiet -m DVC && rm -rf .vintage", in: "b")
        try work.shell("vintage init && vintage import dvc", in: "b")
        let ids = try ["a", "b"].map { try work.shell("vintage ls -r --json | grep '\"id\"'", in: $0) }
        #expect(ids[0] == ids[1])
    }

    @Test("an export tells what DVC cannot keep, and replaces nothing that is stored nowhere")
    func exportRefusals() throws {
        let work = try DVCWork(seed: 9)
        try work.write(Array("x".utf8), to: "a/data/x.csv")
        try work.write(Array("x".utf8), to: "a/data/run")
        try work.shell("mkdir data/hollow && chmod +x data/run && vintage init && vintage add data")
        let told = try work.shell("vintage export dvc")
        #expect(told.contains("data/hollow") && told.contains("data/run"))
        try work.write(Array("outs: []\nmeta: mine\n".utf8), to: "a/data.dvc")
        #expect(try work.shell("vintage export dvc", expecting: 2).contains("--force"))
        #expect(try work.folder.text("a/data.dvc")?.contains("mine") == true)
        try work.shell("vintage export dvc --force && dvc status")
        #expect(try work.shell("vintage export dvc data/x.csv", expecting: 2).contains("whole artifacts"))
        #expect(try work.shell("vintage export dvc other", expecting: 2).contains("other"))
        try work.shell("ln -s x.csv data/link && vintage add data")
        #expect(try work.shell("vintage export dvc", expecting: 2).contains("symbolic link"))
    }
}
