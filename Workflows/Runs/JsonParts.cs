using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The small values that the stored forms of runs and events share. Members that say nothing are left out.</summary>
internal static class JsonParts
{
    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, Payload value)
    {
        if (!value.IsDefault)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, long value)
    {
        if (value != 0)
        {
            writer.WriteNumber(name, value);
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool value)
    {
        if (value)
        {
            writer.WriteBoolean(name, value);
        }
    }

    /// <summary>A time as ticks since the year 1, UTC.</summary>
    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            writer.WriteNumber(name, time.UtcTicks);
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<Payload> values)
    {
        if (!values.IsEmpty)
        {
            writer.WriteStartArray(name);
            foreach (var value in values)
            {
                writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
            }

            writer.WriteEndArray();
        }
    }

    /// <summary>Places and inputs in turn.</summary>
    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<ItemSeed> values)
    {
        if (!values.IsEmpty)
        {
            writer.WriteStartArray(name);
            foreach (var value in values)
            {
                writer.WriteNumberValue(value.Node);
                writer.WriteRawValue(value.Input.Utf8.Span, skipInputValidation: true);
            }

            writer.WriteEndArray();
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<KeyValuePair<string, string?>> values)
    {
        if (!values.IsEmpty)
        {
            writer.WriteStartObject(name);
            foreach (var (key, value) in values)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }
    }

    public static void Put(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, StepRetryPolicy? policy)
    {
        if (policy is not null)
        {
            writer.WriteStartObject(name);
            writer.WriteNumber("attempts"u8, policy.MaxAttempts);
            writer.WriteNumber("first"u8, policy.InitialBackoff.Ticks);
            writer.WriteNumber("most"u8, policy.MaxBackoff.Ticks);
            writer.Put("strategy"u8, (long)policy.Strategy);
            writer.Put("fixed"u8, policy.FixedJitter.Ticks);
            writer.WriteNumber("jitter"u8, policy.JitterPercent);
            writer.WriteNumber("on"u8, (int)policy.RetryOn);
            writer.WriteEndObject();
        }
    }

    public static void PutChild(this Utf8JsonWriter writer, ChildOrder child)
    {
        writer.WriteStartObject();
        writer.Put("id"u8, child.Id);
        writer.WriteString("workflow"u8, child.Workflow);
        writer.Put("version"u8, child.Version);
        writer.Put("in"u8, child.Input);
        writer.Put("context"u8, child.Context);
        writer.Put("await"u8, child.Await);
        writer.Put("cancel"u8, child.CancelWithParent);
        writer.WriteEndObject();
    }

    public static void PutPlan(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, MigrationPlan plan)
    {
        writer.WriteStartObject(name);
        writer.WritePropertyName("definition"u8);
        JsonSerializer.Serialize(writer, plan.Workflow);
        writer.WriteNumber("position"u8, plan.Position);
        writer.Put("context"u8, plan.Context);
        writer.WriteStartArray("nodes"u8);
        foreach (var place in plan.Nodes)
        {
            writer.WriteNumberValue(place);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("items"u8);
        foreach (var item in plan.Items)
        {
            writer.WriteStartObject();
            writer.WriteNumber("i"u8, item.Id);
            writer.WriteNumber("n"u8, item.Node);
            writer.Put("in"u8, item.Input);
            writer.Put("parts"u8, item.Parts);
            writer.Put("next"u8, item.Successors);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>A copy of the text: what was read may be used for something else.</summary>
    public static Payload ToPayload(this JsonElement value) => new(JsonMarshal.GetRawUtf8Value(value).ToArray());

    public static Payload Payload(this JsonElement from, ReadOnlySpan<byte> name) => from.TryGetProperty(name, out var value) ? value.ToPayload() : default;

    public static string? Text(this JsonElement from, ReadOnlySpan<byte> name) => from.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static string Required(this JsonElement from, ReadOnlySpan<byte> name) =>
        from.Text(name) ?? throw new JsonException($"'{System.Text.Encoding.UTF8.GetString(name)}' is missing.");

    public static long Number(this JsonElement from, ReadOnlySpan<byte> name) => from.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    public static bool Flag(this JsonElement from, ReadOnlySpan<byte> name) => from.TryGetProperty(name, out var value) && value.GetBoolean();

    public static DateTimeOffset? Time(this JsonElement from, ReadOnlySpan<byte> name) =>
        from.TryGetProperty(name, out var value) ? new DateTimeOffset(value.GetInt64(), TimeSpan.Zero) : null;

    public static ImmutableArray<T> List<T>(this JsonElement from, ReadOnlySpan<byte> name, Func<JsonElement, T> read)
    {
        if (!from.TryGetProperty(name, out var list))
        {
            return [];
        }

        var items = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            items.Add(read(item));
        }

        return items.MoveToImmutable();
    }

    public static ImmutableArray<ItemSeed> Seeds(this JsonElement from, ReadOnlySpan<byte> name)
    {
        if (!from.TryGetProperty(name, out var list))
        {
            return [];
        }

        var seeds = ImmutableArray.CreateBuilder<ItemSeed>(list.GetArrayLength() / 2);
        var node = -1;
        foreach (var item in list.EnumerateArray())
        {
            if (node < 0)
            {
                node = item.GetInt32();
            }
            else
            {
                seeds.Add(new ItemSeed(node, item.ToPayload()));
                node = -1;
            }
        }

        return seeds.ToImmutable();
    }

    public static ImmutableArray<KeyValuePair<string, string?>> Attributes(this JsonElement from, ReadOnlySpan<byte> name) =>
        from.TryGetProperty(name, out var list) ? [.. list.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value.GetString()))] : [];

    public static StepRetryPolicy? Policy(this JsonElement from, ReadOnlySpan<byte> name) => !from.TryGetProperty(name, out var policy) ? null : new StepRetryPolicy
    {
        MaxAttempts = (int)policy.Number("attempts"u8),
        InitialBackoff = new TimeSpan(policy.Number("first"u8)),
        MaxBackoff = new TimeSpan(policy.Number("most"u8)),
        Strategy = (BackoffStrategy)policy.Number("strategy"u8),
        FixedJitter = new TimeSpan(policy.Number("fixed"u8)),
        JitterPercent = policy.GetProperty("jitter"u8).GetDouble(),
        RetryOn = (FailureKinds)policy.Number("on"u8),
    };

    public static ChildOrder Child(this JsonElement from) => new()
    {
        Id = from.Text("id"u8),
        Workflow = from.Required("workflow"u8),
        Version = (int)from.Number("version"u8),
        Input = from.Payload("in"u8),
        Context = from.Payload("context"u8),
        Await = from.Flag("await"u8),
        CancelWithParent = from.Flag("cancel"u8),
    };

    public static MigrationPlan Plan(this JsonElement from) => new()
    {
        Workflow = from.GetProperty("definition"u8).Deserialize<CompiledWorkflow>() ?? throw new JsonException("The definition is null."),
        Position = from.Number("position"u8),
        Context = from.Payload("context"u8),
        Nodes = from.List("nodes"u8, item => item.GetInt32()),
        Items = from.List("items"u8, item => new MovedItem(item.Number("i"u8), (int)item.Number("n"u8), item.Payload("in"u8))
        {
            Parts = item.List("parts"u8, part => part.ToPayload()),
            Successors = item.Seeds("next"u8),
        }),
    };
}
