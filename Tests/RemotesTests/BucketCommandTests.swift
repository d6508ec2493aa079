import BucketServers
import FileSystem
import Foundation
import SystemPackage
import Testing

@Suite("The commands that share data in a bucket")
struct BucketCommandTests {
    private func write(_ text: String, _ path: FilePath) throws {
        try path.removingLastComponent().makeDirectories()
        try path.replaceContents(with: Array(text.utf8), isDurable: false)
    }

    @Test("a team shares code by git and data by a bucket, and a container takes one artifact without either")
    func day() throws {
        let server = try BucketServer.running(.ceph)
        let url = server.place().url
        try CommandLineRun.$variables.withValue(server.environment) {
            let project = try TestProject()
            let one = project.folder.appending("one")
            try one.makeDirectories()
            try CommandLineRun.git("init", "-q", "--bare", "-b", "main", "code.git", in: project.folder)
            try CommandLineRun.git("init", "-q", "-b", "main", in: one)
            try CommandLineRun.git("remote", "add", "origin", "../code.git", in: one)
            try CommandLineRun.vintage("init", in: one)
            try write("a,b\n1,2\n", one.appending("models/late/2013.csv"))
            try CommandLineRun.vintage("add", "models/late", in: one)
            try CommandLineRun.vintage("remote", "add", "cloud", url, in: one)
            try CommandLineRun.git("add", "vintage.yaml", in: one)
            try CommandLineRun.vintage("commit", "-m", "A model", in: one)
            try CommandLineRun.vintage("tag", "models/late@v1", in: one)
            #expect(try CommandLineRun.vintage("push", in: one).output.contains("models/late on main"))
            try write("a,b\n3,4\n", one.appending("models/late/2013.csv"))
            try CommandLineRun.vintage("commit", "-m", "Another", in: one)
            try CommandLineRun.vintage("push", in: one)
            try CommandLineRun.git("push", "-q", "origin", "main", in: one)

            let cloned = try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
            #expect(cloned.output.contains("1 artifact from cloud"))
            let two = project.folder.appending("two/models/late/2013.csv")
            #expect(try two.contents() == Array("a,b\n3,4\n".utf8))

            let folder = project.folder.appending("container")
            try folder.makeDirectories()
            try CommandLineRun.vintage("pull", url, "models/late@v1", "-o", "v1", in: folder)
            try CommandLineRun.vintage("pull", url, "models/late", "-o", "head", in: folder)
            #expect(try folder.appending("v1/2013.csv").contents() == Array("a,b\n1,2\n".utf8))
            #expect(try folder.appending("head/2013.csv").contents() == Array("a,b\n3,4\n".utf8))
            #expect(try Directory(folder).listing().count == 2)
            let taken = try CommandLineRun.vintage("pull", url, "models/late", "-o", "v1", in: folder, expecting: 2)
            #expect(taken.errors.contains("v1 is there already"))
            let unknown = try CommandLineRun.vintage("pull", url, "models/late@v9", "-o", "x", in: folder, expecting: 2)
            #expect(unknown.errors.contains("has no models/late@v9"))
            #expect(try Directory(folder).listing().count == 2)
        }
    }

    @Test("a location that is none is refused when it is added, and a bucket that nobody may ask when it is used")
    func refused() throws {
        let project = try TestProject()
        let nobody = [
            "HOME": project.folder.string, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "",
            "AWS_PROFILE": "ci",
        ]
        try CommandLineRun.$variables.withValue(nobody) {
            try CommandLineRun.vintage("init", "--no-git", in: project.folder)
            let wrong = try CommandLineRun.vintage(
                "remote", "add", "cloud", "s3://flights?endpont=x", in: project.folder, expecting: 2)
            #expect(wrong.errors.contains("there is no 'endpont'"))
            try CommandLineRun.vintage("remote", "add", "cloud", "s3://flights/a", in: project.folder)
            let push = try CommandLineRun.vintage("push", in: project.folder, expecting: 3)
            #expect(push.errors.contains("nothing tells who asks the bucket"))
        }
    }
}
