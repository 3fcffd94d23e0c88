using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Runs;

/// <summary>A value of a user's type as UTF-8 JSON; runs carry it and never look inside.</summary>
[JsonConverter(typeof(PayloadJsonConverter))]
public readonly struct Payload : IEquatable<Payload>
{
    private static readonly byte[] Null = "null"u8.ToArray();

    private readonly ReadOnlyMemory<byte> _utf8;

    /// <summary>Wraps JSON; not copied and not checked. The text <c>null</c> is the same as <c>default</c>.</summary>
    /// <param name="utf8">One JSON value; not to be changed afterwards.</param>
    public Payload(ReadOnlyMemory<byte> utf8) => _utf8 = utf8.Span.SequenceEqual("null"u8) ? default : utf8;

    /// <summary>The JSON; <c>null</c> for <c>default</c>.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8.IsEmpty ? Null : _utf8;

    /// <summary>True for <c>default</c>, which is <c>null</c>: there is no value.</summary>
    public bool IsDefault => _utf8.IsEmpty;

    /// <summary>Length of the JSON in bytes; 0 for <c>default</c>.</summary>
    public int Length => _utf8.Length;

    /// <summary>Same JSON text.</summary>
    public static bool operator ==(Payload left, Payload right) => left.Equals(right);

    /// <summary>Other JSON text.</summary>
    public static bool operator !=(Payload left, Payload right) => !left.Equals(right);

    /// <summary>Wraps JSON text; not checked.</summary>
    /// <param name="json">One JSON value.</param>
    public static Payload FromJson(string json) => new(Encoding.UTF8.GetBytes(json));

    /// <summary>A JSON array of values.</summary>
    /// <param name="items">The values, in order.</param>
    public static Payload ArrayOf(IReadOnlyList<Payload> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var text = new ArrayBufferWriter<byte>(items.Sum(item => item.Utf8.Length + 1) + 2);
        text.Write("["u8);
        for (var index = 0; index < items.Count; index++)
        {
            text.Write(index == 0 ? ""u8 : ","u8);
            text.Write(items[index].Utf8.Span);
        }

        text.Write("]"u8);
        return new(text.WrittenMemory);
    }

    /// <inheritdoc/>
    public bool Equals(Payload other) => _utf8.Span.SequenceEqual(other._utf8.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Payload other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _utf8.Length;

    /// <summary>The JSON text.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
