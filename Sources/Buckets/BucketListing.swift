/// A part of the list of what a bucket has.
package struct BucketListing {
    /// The names and sizes.
    package let objects: [(name: String, size: UInt64)]
    /// What to go on with; `nil` at the end.
    package let continuation: String?

    /// Reads what a server answers to `ListObjectsV2`.
    ///
    /// - Throws: ``BucketError/malformedAnswer(endpoint:reason:)``.
    package init(_ bytes: [UInt8], endpoint: String) throws(BucketError) {
        let answer = BucketAnswer(bytes)
        guard let isTruncated = answer["IsTruncated"] else {
            throw .malformedAnswer(endpoint: endpoint, reason: "a list has no 'IsTruncated'")
        }
        var objects: [(name: String, size: UInt64)] = []
        for element in answer.elements("Contents") {
            guard let name = element["Key"], let size = element["Size"].flatMap(UInt64.init) else {
                throw .malformedAnswer(endpoint: endpoint, reason: "an object in a list has no 'Key' or no 'Size'")
            }
            objects.append((name, size))
        }
        self.objects = objects
        continuation = isTruncated == "true" ? answer["NextContinuationToken"] : nil
        if isTruncated == "true", continuation == nil {
            throw .malformedAnswer(endpoint: endpoint, reason: "a list goes on, and does not say where")
        }
    }
}
