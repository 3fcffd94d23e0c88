using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>What a connector knows of a row besides its data: a column of a table that is read takes it by <c>METADATA FROM 'key'</c>.</summary>
/// <param name="Key">Its name in texts; with a star at the end all names that begin so and go on.</param>
/// <param name="Types">The types that a column of it may have, the usual one first.</param>
/// <param name="Meaning">What it is, with its unit; a sentence for the documentation.</param>
public sealed record ConnectorMetadata(string Key, IReadOnlyList<ArrowType> Types, string Meaning)
{
    /// <summary>The types as people write them, such as <c>TEXT or BYTEA</c>.</summary>
    public string TypeText => string.Join(" or ", Types.Select(TextOf));

    /// <summary>Whether a key of a text is meant.</summary>
    /// <param name="key">As the text has it.</param>
    public bool Fits(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Key.EndsWith('*') ? key.Length >= Key.Length && key.StartsWith(Key[..^1], StringComparison.Ordinal) : key == Key;
    }

    private static string TextOf(ArrowType type) => type switch
    {
        StringType => "TEXT",
        BinaryType => "BYTEA",
        IntegerType { FixedBitWidth: 32, IsSigned: true } => "INT",
        IntegerType { FixedBitWidth: 64, IsSigned: true } => "BIGINT",
        TimestampType { TimeZone: null } => "TIMESTAMP",
        _ => type.Name,
    };
}
