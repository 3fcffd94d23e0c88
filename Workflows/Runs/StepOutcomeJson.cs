using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The JSON of a step's outcome, as workers send it and logs keep it. What an outcome does not say is left out; payloads are as they are.</summary>
public static class StepOutcomeJson
{
    /// <summary>Writes an outcome.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="outcome">The outcome.</param>
    public static void Write(Utf8JsonWriter writer, StepOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(outcome);
        writer.WriteStartObject();
        writer.Put("delta"u8, outcome.Delta);
        writer.Put("next"u8, outcome.Successors);
        writer.Put("out"u8, outcome.Outputs);
        writer.Put("due"u8, outcome.DueUtc);
        if (outcome.DueIn is { } wait)
        {
            writer.WriteNumber("wait"u8, wait.Ticks);
        }

        writer.Put("signal"u8, outcome.Signal);
        writer.Put("again"u8, outcome.Repeat);
        writer.Put("saved"u8, outcome.Saved);
        writer.Put("attributes"u8, outcome.Attributes);
        writer.Put("result"u8, outcome.Result);
        if (!outcome.Children.IsEmpty)
        {
            writer.WriteStartArray("children"u8);
            foreach (var child in outcome.Children)
            {
                writer.PutChild(child);
            }

            writer.WriteEndArray();
        }

        if (outcome.ContinueAsNew is { } renewed)
        {
            writer.WriteStartObject("new"u8);
            writer.Put("in"u8, renewed.Input);
            writer.Put("context"u8, renewed.Context);
            writer.WriteEndObject();
        }

        if (outcome.Fold is { } fold)
        {
            writer.WriteStartObject("fold"u8);
            writer.WriteNumber("version"u8, fold.Version);
            writer.Put("context"u8, fold.Snapshot);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads an outcome.</summary>
    /// <param name="utf8">One JSON object. Payloads are slices of it: it must not change afterwards. Members that are not known are passed over.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it is no outcome.</exception>
    public static StepOutcome Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return Parse(utf8);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The outcome of a step cannot be read: {error.Message}", error);
        }
    }

    internal static StepOutcome Parse(ReadOnlyMemory<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8.Span);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("It is no object.");
        }

        Payload delta = default, saved = default, result = default;
        ImmutableArray<ItemSeed> next = [];
        ImmutableArray<Payload> outputs = [];
        DateTimeOffset? due = null;
        TimeSpan? wait = null;
        string? signal = null;
        var again = false;
        StepOutcome? rare = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("delta"u8))
            {
                delta = Value(ref reader, utf8);
            }
            else if (reader.ValueTextEquals("next"u8))
            {
                next = Seeds(ref reader, utf8);
            }
            else if (reader.ValueTextEquals("out"u8))
            {
                outputs = Values(ref reader, utf8);
            }
            else if (reader.ValueTextEquals("due"u8))
            {
                reader.Read();
                due = new DateTimeOffset(reader.GetInt64(), TimeSpan.Zero);
            }
            else if (reader.ValueTextEquals("wait"u8))
            {
                reader.Read();
                wait = new TimeSpan(reader.GetInt64());
            }
            else if (reader.ValueTextEquals("signal"u8))
            {
                reader.Read();
                signal = reader.GetString();
            }
            else if (reader.ValueTextEquals("again"u8))
            {
                reader.Read();
                again = reader.GetBoolean();
            }
            else if (reader.ValueTextEquals("saved"u8))
            {
                saved = Value(ref reader, utf8);
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                result = Value(ref reader, utf8);
            }
            else
            {
                rare = Rare(ref reader, rare ?? new StepOutcome());
            }
        }

        // Nearly every step has nothing rare: made once then, and not copied.
        return rare is null
            ? new StepOutcome { Delta = delta, Successors = next, Outputs = outputs, DueUtc = due, DueIn = wait, Signal = signal, Repeat = again, Saved = saved, Result = result }
            : rare with { Delta = delta, Successors = next, Outputs = outputs, DueUtc = due, DueIn = wait, Signal = signal, Repeat = again, Saved = saved, Result = result };
    }

    private static StepOutcome Rare(ref Utf8JsonReader reader, StepOutcome outcome)
    {
        var name = reader.GetString();
        reader.Read();
        if (name is not ("attributes" or "children" or "new" or "fold"))
        {
            reader.Skip();
            return outcome;
        }

        using var document = JsonDocument.ParseValue(ref reader);
        var value = document.RootElement;
        return name switch
        {
            "attributes" => outcome with { Attributes = [.. value.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value.GetString()))] },
            "children" => outcome with { Children = [.. value.EnumerateArray().Select(child => child.Child())] },
            "new" => outcome with { ContinueAsNew = new NewRun(value.Payload("in"u8), value.Payload("context"u8)) },
            _ => outcome with { Fold = new ContextFold(value.Number("version"u8), value.Payload("context"u8)) },
        };
    }

    private static Payload Value(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        reader.Read();
        return Current(ref reader, utf8);
    }

    private static Payload Current(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new Payload(utf8[start..(int)reader.BytesConsumed]);
    }

    private static ImmutableArray<Payload> Values(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        var values = ImmutableArray.CreateBuilder<Payload>(1);
        OpenArray(ref reader);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(Current(ref reader, utf8));
        }

        return values.DrainToImmutable();
    }

    private static ImmutableArray<ItemSeed> Seeds(ref Utf8JsonReader reader, ReadOnlyMemory<byte> utf8)
    {
        var seeds = ImmutableArray.CreateBuilder<ItemSeed>(1);
        OpenArray(ref reader);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var node = reader.GetInt32();
            seeds.Add(new ItemSeed(node, Value(ref reader, utf8)));
        }

        return seeds.DrainToImmutable();
    }

    private static void OpenArray(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"A list is wanted at byte {reader.TokenStartIndex}.");
        }
    }
}
