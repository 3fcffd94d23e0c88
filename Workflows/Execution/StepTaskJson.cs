using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Execution;

/// <summary>The wire form of a <see cref="StepTask"/>: an object with short names, absent members being the defaults.</summary>
/// <remarks>k kind, t item, n node, i input, l lane, s signal, h signal came, p what it carried, a saved state, r results of children, q name, v base version, c snapshot, d deltas, f wants a fold.</remarks>
public static class StepTaskJson
{
    /// <summary>A larger buffer is not kept for the next task.</summary>
    private const int KeptBytesMax = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>Writes a task.</summary>
    /// <param name="task">The task.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static Payload Write(StepTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var text = _text ??= new ArrayBufferWriter<byte>(KeptBytesMax);
        var json = _json ??= new Utf8JsonWriter(text, new JsonWriterOptions { SkipValidation = true });
        json.Reset(text);
        Write(json, task);
        json.Flush();
        var payload = new Payload(text.WrittenSpan.ToArray());
        text.ResetWrittenCount();
        if (text.Capacity > KeptBytesMax)
        {
            (_text, _json) = (null, null);
        }

        return payload;
    }

    /// <summary>Reads a task. Payloads are parts of <paramref name="utf8"/>, not copies.</summary>
    /// <param name="utf8">What <see cref="Write(StepTask)"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it is no task.</exception>
    public static StepTask Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return ReadObject(utf8);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"A workflow's step cannot be read: {error.Message}", error);
        }
    }

    private static void Write(Utf8JsonWriter json, StepTask task)
    {
        json.WriteStartObject();
        if (task.Kind != StepTaskKind.Step)
        {
            json.WriteNumber("k"u8, (int)task.Kind);
        }

        if (task.Item > 0)
        {
            json.WriteNumber("t"u8, task.Item);
        }

        json.WriteNumber("n"u8, task.Node);
        Write(json, "i"u8, task.Input);
        if (task.Lane > 0)
        {
            json.WriteNumber("l"u8, task.Lane);
        }

        if (task.Signal is { } signal)
        {
            json.WriteString("s"u8, signal);
            json.WriteBoolean("h"u8, task.HasSignal);
            Write(json, "p"u8, task.SignalPayload);
        }

        Write(json, "a"u8, task.Saved);
        if (!task.Children.IsDefaultOrEmpty)
        {
            json.WritePropertyName("r"u8);
            JsonSerializer.Serialize(json, task.Children);
        }

        if (task.Name is { } name)
        {
            json.WriteString("q"u8, name);
        }

        if (task.BaseVersion > 0)
        {
            json.WriteNumber("v"u8, task.BaseVersion);
        }

        if (task.HasSnapshot)
        {
            json.WritePropertyName("c"u8);
            json.WriteRawValue(task.Snapshot.Utf8.Span, skipInputValidation: true);
        }

        if (task.Deltas.Length > 0)
        {
            json.WriteStartArray("d"u8);
            foreach (var delta in task.Deltas)
            {
                json.WriteRawValue(delta.Utf8.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
        }

        if (task.WantsFold)
        {
            json.WriteBoolean("f"u8, true);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, Payload payload)
    {
        if (!payload.IsDefault)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(payload.Utf8.Span, skipInputValidation: true);
        }
    }

    private static StepTask ReadObject(ReadOnlyMemory<byte> utf8)
    {
        var (kind, node, input, lane, signal, hasSignal) = (StepTaskKind.Step, 0, default(Payload), 0, default(string), false);
        var (carried, saved, name, version, hasSnapshot, snapshot, wantsFold) = (default(Payload), default(Payload), default(string), 0L, false, default(Payload), false);
        var item = 0L;
        var deltas = ImmutableArray<Payload>.Empty;
        var children = ImmutableArray<ChildResult>.Empty;
        var reader = new Utf8JsonReader(utf8.Span);
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.ValueSpan.Length == 1 ? reader.ValueSpan[0] : (byte)0;
            Require(reader.Read());
            switch (key)
            {
                case (byte)'k':
                    kind = (StepTaskKind)reader.GetInt32();
                    break;
                case (byte)'t':
                    item = reader.GetInt64();
                    break;
                case (byte)'n':
                    node = reader.GetInt32();
                    break;
                case (byte)'i':
                    input = PayloadOf(ref reader, utf8);
                    break;
                case (byte)'l':
                    lane = reader.GetInt32();
                    break;
                case (byte)'s':
                    signal = reader.GetString();
                    break;
                case (byte)'h':
                    hasSignal = reader.GetBoolean();
                    break;
                case (byte)'p':
                    carried = PayloadOf(ref reader, utf8);
                    break;
                case (byte)'a':
                    saved = PayloadOf(ref reader, utf8);
                    break;
                case (byte)'r':
                    children = JsonSerializer.Deserialize<ImmutableArray<ChildResult>>(ref reader);
                    break;
                case (byte)'q':
                    name = reader.GetString();
                    break;
                case (byte)'v':
                    version = reader.GetInt64();
                    break;
                case (byte)'c':
                    (hasSnapshot, snapshot) = (true, PayloadOf(ref reader, utf8));
                    break;
                case (byte)'d':
                    deltas = PayloadsOf(ref reader, utf8);
                    break;
                case (byte)'f':
                    wantsFold = reader.GetBoolean();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new StepTask
        {
            Kind = kind, Item = item, Node = node, Input = input, Lane = lane, Signal = signal, HasSignal = hasSignal, SignalPayload = carried, Saved = saved,
            Children = children, Name = name, BaseVersion = version, HasSnapshot = hasSnapshot, Snapshot = snapshot, Deltas = deltas, WantsFold = wantsFold,
        };
    }

    private static ImmutableArray<Payload> PayloadsOf(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        Require(reader.TokenType == JsonTokenType.StartArray);
        var payloads = ImmutableArray.CreateBuilder<Payload>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            payloads.Add(PayloadOf(ref reader, utf8));
        }

        return payloads.DrainToImmutable();
    }

    /// <summary>The value that begins here, as a part of the source; null is no value.</summary>
    private static Payload PayloadOf(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        var start = (int)reader.TokenStartIndex;
        var isNull = reader.TokenType == JsonTokenType.Null;
        reader.Skip();
        return isNull ? default : new Payload(utf8[start..(int)reader.BytesConsumed]);
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new JsonException("It is no JSON object of a step.");
        }
    }
}
