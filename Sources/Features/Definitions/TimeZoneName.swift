import FileSystem
import SystemPackage

import func Workspace.nearestName

/// The names that a zone of timestamps may have.
enum TimeZoneName {
    private static let folder = FilePath("/usr/share/zoneinfo")

    /// Whether it is `UTC`, an offset, or a zone that the system knows.
    ///
    /// Where the system has no list of zones, a name is looked at when it is used.
    static func isKnown(_ name: String) -> Bool {
        if name == "UTC" || isOffset(name) { return true }
        guard isPath(name) else { return false }
        guard folder.exists else { return true }
        let place = FilePath("\(folder)/\(name)")
        return (try? Directory(place)) == nil && place.exists
    }

    /// The zone that was probably meant.
    static func nearest(to name: String) -> String? {
        guard isPath(name) else { return nil }
        let area = name.split(separator: "/").dropLast().joined(separator: "/")
        guard let directory = try? Directory(FilePath("\(folder)/\(area)")) else { return nil }
        let names = directory.names.map { area.isEmpty ? $0 : "\(area)/\($0)" }
        return nearestName(to: name, among: names.filter(isKnown))
    }

    /// Words with slashes between, which can be looked up in a folder.
    private static func isPath(_ name: String) -> Bool {
        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                        || "_+-".utf8.contains(byte)
                }
        }
    }

    /// `+05:30` and the like.
    private static func isOffset(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"),
            bytes[3] == UInt8(ascii: ":"), let hours = Int(String(decoding: bytes[1...2], as: UTF8.self)),
            let minutes = Int(String(decoding: bytes[4...5], as: UTF8.self))
        else { return false }
        return (0...14).contains(hours) && (0...59).contains(minutes)
    }
}

extension Directory {
    /// The names in it, as far as they are text.
    fileprivate var names: [String] {
        guard let listing = try? listing() else { return [] }
        return listing.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}
