using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A reading of a hybrid logical clock: near wall-clock time, and never before anything that its reader had seen.</summary>
/// <param name="Milliseconds">The largest wall-clock reading seen, in milliseconds since the Unix epoch, UTC.</param>
/// <param name="Counter">Tells readings within one millisecond apart; 0 to <see cref="MaxCounter"/>.</param>
/// <remarks>Model: Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical physical clocks", OPODIS 2014. JSON and text: <c>1767225600000-3</c>.</remarks>
[JsonConverter(typeof(HybridTimeJsonConverter))]
public readonly record struct HybridTime(long Milliseconds, int Counter) : IComparable<HybridTime>
{
    /// <summary>Largest counter; the next reading takes a millisecond on credit.</summary>
    public const int MaxCounter = ushort.MaxValue;

    /// <summary>Earlier than.</summary>
    public static bool operator <(HybridTime left, HybridTime right) => left.CompareTo(right) < 0;

    /// <summary>Later than.</summary>
    public static bool operator >(HybridTime left, HybridTime right) => left.CompareTo(right) > 0;

    /// <summary>Not later than.</summary>
    public static bool operator <=(HybridTime left, HybridTime right) => left.CompareTo(right) <= 0;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(HybridTime left, HybridTime right) => left.CompareTo(right) >= 0;

    /// <summary>The later of two readings.</summary>
    public static HybridTime Max(HybridTime left, HybridTime right) => left >= right ? left : right;

    /// <summary>The first reading after this one at the given wall-clock time.</summary>
    /// <param name="nowMilliseconds">Wall-clock time, in milliseconds since the Unix epoch.</param>
    public HybridTime Next(long nowMilliseconds) =>
        nowMilliseconds > Milliseconds ? new(nowMilliseconds, 0)
        : Counter < MaxCounter ? new(Milliseconds, Counter + 1)
        : new(Milliseconds + 1, 0);

    /// <inheritdoc/>
    public int CompareTo(HybridTime other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Counter.CompareTo(other.Counter);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Counter}");

    private sealed class HybridTimeJsonConverter : JsonConverter<HybridTime>
    {
        public override HybridTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString() ?? "";
            var dash = text.LastIndexOf('-');
            return dash > 0
                && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var counter)
                && counter <= MaxCounter
                ? new HybridTime(milliseconds, counter)
                : throw new JsonException($"'{text}' is no hybrid time; expected milliseconds, a dash and a counter, such as 1767225600000-3.");
        }

        public override void Write(Utf8JsonWriter writer, HybridTime value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
