/// A table of made-up answers to questions, whose grade follows from two of its columns and the question.
package enum AnswersTable {
    /// A CSV file: the questions' rows are mixed, and each question is in one part.
    package static func text(questions: Int, answers: Int = 12, seed: UInt64 = 1) -> String {
        var random = SeededNumbers(seed: seed)
        var text = "question,match,length,noise,grade,click,split\n"
        for answer in 0..<answers {
            for question in 0..<questions {
                let (match, length) = (random.signed(), random.signed())
                // What is high for one question is low for another: only the order within a question can be learned.
                let level = Float(question % 7) / 2
                let worth = 2 * match - length * length + 0.2 * random.signed()
                let grade = worth > 1.2 ? 4 : worth > 0.6 ? 2 : worth > 0 ? 1 : 0
                let part = question % 10 < 7 ? "train" : question % 10 == 7 ? "validation" : "test"
                let fields = [
                    "q\(question)", "\(match + level)", "\(length)", "\(random.signed())", "\(grade)",
                    grade > 1 || answer == 0 && question % 5 == 0 ? "yes" : "no", part,
                ]
                text += fields.joined(separator: ",") + "\n"
            }
        }
        return text
    }
}
