using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>Names who changes a context, so that two branches' changes are told apart.</summary>
/// <remarks>
/// At any time a writer is one step only. A run gives its steps <em>lanes</em>: small numbers that are free again once the step has committed or has
/// lost its lease, so that the parts of a context that count by writer are as large as the run is wide, not as it is long.
/// </remarks>
[JsonConverter(typeof(WriterIdJsonConverter))]
public readonly record struct WriterId : IComparable<WriterId>
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 64;

    private readonly string? _value;

    /// <summary>Wraps a name.</summary>
    /// <param name="value">1 to <see cref="MaxLength"/> characters.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is empty or too long.</exception>
    public WriterId(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        if (value.Length > MaxLength)
        {
            throw new ArgumentException($"A writer's name has at most {MaxLength} characters; '{value[..MaxLength]}…' has {value.Length}.", nameof(value));
        }

        _value = value;
    }

    /// <summary>The name; empty for <c>default</c>.</summary>
    public string Value => _value ?? "";

    /// <summary>True for a value that was never set.</summary>
    public bool IsDefault => _value is null;

    /// <summary>Ordinal order of the names.</summary>
    public static bool operator <(WriterId left, WriterId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order of the names.</summary>
    public static bool operator >(WriterId left, WriterId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order of the names.</summary>
    public static bool operator <=(WriterId left, WriterId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order of the names.</summary>
    public static bool operator >=(WriterId left, WriterId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(WriterId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private sealed class WriterIdJsonConverter : JsonConverter<WriterId>
    {
        public override WriterId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString();
            return string.IsNullOrEmpty(text) ? default : text.Length <= MaxLength ? new WriterId(text) : throw new JsonException($"A writer's name has at most {MaxLength} characters.");
        }

        public override void Write(Utf8JsonWriter writer, WriterId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
