import TextFormats

extension Preprocessing {
    /// As it stands in a model's `preprocessing.json`.
    var json: JSONObject {
        var object = JSONObject()
        object["format"] = .string("vintage-preprocessing")
        object["version"] = .integer(1)
        object["numbers"] = JSON(numbers) { number in
            var object = JSONObject()
            object["column"] = .string(number.name)
            object["fill"] = number.fill.map { JSON($0) } ?? .null
            object["shift"] = JSON(number.shift)
            object["scale"] = JSON(number.scale)
            object["indicator"] = .bool(number.hasIndicator)
            return .object(object)
        }
        object["categories"] = JSON(categories) { category in
            var object = JSONObject()
            object["column"] = .string(category.name)
            object["values"] = JSON(category.vocabulary.values) { .string($0) }
            return .object(object)
        }
        return object
    }

    /// Reads what stands in a model.
    ///
    /// - Parameter file: what messages call it.
    /// - Throws: ``LearningError/malformedModel(file:reason:)``.
    init(_ json: JSON, file: String) throws(LearningError) {
        func failure(_ reason: String) -> LearningError { .malformedModel(file: file, reason: reason) }
        guard json["format"].string == "vintage-preprocessing", json["version"].count == 1 else {
            throw failure("it is no preprocessing of version 1")
        }
        guard let listed = json["numbers"].elements, let named = json["categories"].elements else {
            throw failure("it has no lists 'numbers' and 'categories'")
        }
        var numbers: [Number] = []
        for item in listed {
            guard let name = item["column"].string, let shift = item["shift"].double,
                let scale = item["scale"].double, scale > 0
            else { throw failure("number \(numbers.count) is not told") }
            numbers.append(
                Number(
                    name: name, fill: item["fill"].double, shift: shift, scale: scale,
                    hasIndicator: item["indicator"].isTrue))
        }
        var categories: [Category] = []
        for item in named {
            guard let name = item["column"].string, let elements = item["values"].elements else {
                throw failure("category \(categories.count) is not told")
            }
            let values = elements.compactMap(\.string)
            guard values.count == elements.count, let vocabulary = Vocabulary(values) else {
                throw failure("the values of the category '\(name)' are not texts, each once")
            }
            categories.append(Category(name: name, vocabulary: vocabulary))
        }
        (self.numbers, self.categories) = (numbers, categories)
        if Set(columns).count != columns.count { throw failure("a column is there twice") }
    }
}
