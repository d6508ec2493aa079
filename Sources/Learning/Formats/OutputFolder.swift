import FileSystem
import SystemPackage

/// A folder of files that a command makes, and may make again.
package enum OutputFolder {
    /// Checks that a folder may be written, before any work is done for it.
    ///
    /// - Parameters:
    ///   - known: the names of the files that such a folder has.
    ///   - maker: what makes them, as messages call it.
    /// - Throws: ``LearningError/misuse(_:)`` if the folder holds something else.
    package static func check(_ folder: FilePath, known: [String], maker: String) throws {
        guard let status = try folder.status() else { return }
        guard status.kind == .directory else {
            throw LearningError.misuse("\(displayed(folder)) is no folder; name another place")
        }
        let names = try Directory(folder).listing().map { String(decoding: $0, as: UTF8.self) }
        if let foreign = names.first(where: { !known.contains($0) }) {
            throw LearningError.misuse(
                "\(displayed(folder)) holds '\(foreign)', which no \(maker) wrote; move it away, or name another place")
        }
    }

    /// Writes a folder, which is there as a whole or as it was.
    ///
    /// - Throws: `FileError`.
    package static func write(_ files: [(name: String, bytes: [UInt8])], to folder: FilePath) throws {
        let parent = folder.removingLastComponent()
        try parent.makeDirectories()
        let temporary = parent.appending(temporaryName())
        do {
            try temporary.makeDirectories()
            for (name, bytes) in files { try temporary.appending(name).replaceContents(with: bytes) }
            if try folder.status() != nil { try folder.removeAll() }
            try temporary.rename(to: folder)
        } catch {
            try? temporary.removeAll()
            throw error
        }
    }
}
