using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>What a connector knows of a row besides its data: a column of a table that is read takes it by <c>METADATA FROM 'key'</c>.</summary>
/// <param name="Key">Its name in texts.</param>
/// <param name="Types">The types that a column of it may have, the usual one first.</param>
/// <param name="Meaning">What it is, with its unit; a sentence for the documentation.</param>
public sealed record ConnectorMetadata(string Key, IReadOnlyList<ArrowType> Types, string Meaning)
{
    /// <summary>The types as people write them, such as <c>TEXT or BYTEA</c>.</summary>
    public string TypeText => string.Join(" or ", Types.Select(TextOf));

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
