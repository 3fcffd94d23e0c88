using System.Text;
using System.Text.Json;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>What a type of a schema is.</summary>
internal enum AvroKind
{
    Null = 0,
    Boolean = 1,
    Int = 2,
    Long = 3,
    Float = 4,
    Double = 5,
    Bytes = 6,
    String = 7,
    Record = 8,
    Enum = 9,
    Array = 10,
    Map = 11,
    Union = 12,
    Fixed = 13,
}

/// <summary>What the values of a type mean beyond what they are written as. Local timestamps are as the others: columns have no zone.</summary>
internal enum AvroMeaning
{
    None = 0,
    Decimal = 1,
    Date = 2,
    TimeMillis = 3,
    TimeMicros = 4,
    TimestampMillis = 5,
    TimestampMicros = 6,
    TimestampNanos = 7,
    Uuid = 8,
}

/// <summary>A type of an Avro schema, read from its JSON by <see cref="AvroSchema"/>. A record may hold itself.</summary>
internal sealed class AvroType(AvroKind kind)
{
    public AvroKind Kind => kind;

    public AvroMeaning Meaning { get; set; }

    /// <summary>Of a decimal: digits, and those behind the point.</summary>
    public (int Precision, int Scale) Digits { get; set; }

    /// <summary>With its namespace; empty for types without a name.</summary>
    public string FullName { get; init; } = "";

    /// <summary>Bytes of a fixed one.</summary>
    public int Size { get; init; }

    /// <summary>Words of an enum, in UTF-8.</summary>
    public byte[][] Symbols { get; init; } = [];

    /// <summary>Of a record, in the order in which they are written.</summary>
    public IReadOnlyList<AvroField> Fields { get; set; } = [];

    /// <summary>What an array or a map holds.</summary>
    public AvroType? Items { get; set; }

    /// <summary>The types that a value of a union may have.</summary>
    public IReadOnlyList<AvroType> Branches { get; init; } = [];

    /// <summary>The name by which a union tells it from its other branches: without a namespace.</summary>
    public string BranchName => FullName.Length > 0 ? FullName[(FullName.LastIndexOf('.') + 1)..] : KindName;

    /// <summary>As schemas write it.</summary>
    public string KindName => kind.ToString().ToLowerInvariant();

    /// <summary>For messages: <c>record a.B</c>, <c>bytes (decimal)</c>.</summary>
    public string Shown => $"{KindName}{(FullName.Length > 0 ? $" {FullName}" : "")}{(Meaning == AvroMeaning.None ? "" : $" ({Meaning})")}";

    /// <summary>Whether a value may be null.</summary>
    public bool TakesNull
    {
        get
        {
            foreach (var branch in Branches)
            {
                if (branch.Kind == AvroKind.Null)
                {
                    return true;
                }
            }

            return kind == AvroKind.Null;
        }
    }

    /// <summary>The place of a word of an enum; -1 for none.</summary>
    public int SymbolOf(ReadOnlySpan<byte> word)
    {
        for (var i = 0; i < Symbols.Length; i++)
        {
            if (word.SequenceEqual(Symbols[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A word of an enum as text.</summary>
    public string SymbolText(int place) => Encoding.UTF8.GetString(Symbols[place]);
}

/// <summary>A field of a record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Default">What it is where a writer has nothing for it; null when the schema does not say.</param>
internal sealed record AvroField(string Name, AvroType Type, JsonElement? Default);
