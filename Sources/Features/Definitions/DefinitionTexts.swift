import struct Workspace.TextPosition

/// Where the values of a definition are written, so that what is found later can be shown there.
struct DefinitionTexts: Sendable {
    private(set) var places: [String: DefinitionPlace] = [:]
    private var characters: [String: [TextPosition]] = [:]
    /// Where the definition itself is.
    let whole: DefinitionPlace

    init(_ whole: DefinitionPlace) { self.whole = whole }

    /// Remembers where the value of a key is, and each of its characters if it is an expression.
    mutating func set(_ key: String, _ place: DefinitionPlace, characters positions: [TextPosition] = []) {
        places[key] = place
        if !positions.isEmpty { characters[key] = positions }
    }

    /// Where the value of a key is.
    func place(_ key: String) -> DefinitionPlace { places[key] ?? whole }

    /// Where a character of a key's expression is.
    func place(_ key: String, offset: Int) -> DefinitionPlace {
        guard let positions = characters[key], positions.indices.contains(offset) else { return place(key) }
        return DefinitionPlace(file: place(key).file, position: positions[offset])
    }
}
