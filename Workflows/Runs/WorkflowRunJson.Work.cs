using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansFlow.Workflows.Runs;

/// <content>The items of a run.</content>
public static partial class WorkflowRunJson
{
    /// <summary>Writes one item, as a run does.</summary>
    /// <param name="item">The item.</param>
    public static byte[] WriteItem(WorkItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, Form))
        {
            Item(writer, item);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="WriteItem"/> wrote.</summary>
    /// <param name="utf8">The JSON.</param>
    public static WorkItem ReadItem(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        return Item(document.RootElement);
    }

    private static void Work(Utf8JsonWriter writer, WorkflowRunState run)
    {
        writer.WriteNumber("lastItem"u8, run.LastItem);
        writer.Put("epochTop"u8, run.EpochTop);
        Items(writer, "items"u8, run.Items);
        Joins(writer, "joins"u8, run.OpenJoins);
        Array(writer, "closed"u8, run.ClosedJoins, (to, node) => to.WriteNumberValue(node));
        Array(writer, "visits"u8, run.Visits, (to, count) => to.WriteNumberValue(count));
        if (run.Left is { } left)
        {
            writer.WriteStartObject("left"u8);
            Items(writer, "items"u8, left.Items);
            Joins(writer, "joins"u8, left.OpenJoins);
            Array(writer, "outputs"u8, left.Outputs, Raw);
            writer.WriteEndObject();
        }
    }

    private static void Work(JsonElement from, WorkflowRunState run)
    {
        run.LastItem = from.Number("lastItem"u8);
        run.EpochTop = from.Number("epochTop"u8);
        run.Items = Items(from);
        run.OpenJoins = Joins(from);
        run.ClosedJoins = [.. from.List("closed"u8, item => item.GetInt32())];
        var node = 0;
        foreach (var count in from.List("visits"u8, item => item.GetInt32()))
        {
            run.Visits = count == 0 ? run.Visits : run.Visits.Add(node, count);
            node++;
        }

        run.Left = from.TryGetProperty("left"u8, out var left) ? new LeftWork(Items(left), Joins(left), [.. left.List("outputs"u8, item => item.ToPayload())]) : null;
    }

    private static void Items(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableSortedDictionary<long, WorkItem> items)
    {
        if (!items.IsEmpty)
        {
            writer.WriteStartArray(name);
            foreach (var (_, item) in items)
            {
                Item(writer, item);
            }

            writer.WriteEndArray();
        }
    }

    private static ImmutableSortedDictionary<long, WorkItem> Items(JsonElement from) =>
        Map(ImmutableSortedDictionary<long, WorkItem>.Empty, from, "items"u8, item => KeyValuePair.Create(item.Number("i"u8), Item(item)));

    /// <summary>Nodes and items in turn.</summary>
    private static void Joins(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableSortedDictionary<int, long> joins) =>
        Array(writer, name, joins, (to, join) =>
        {
            to.WriteStartArray();
            to.WriteNumberValue(join.Key);
            to.WriteNumberValue(join.Value);
            to.WriteEndArray();
        });

    private static ImmutableSortedDictionary<int, long> Joins(JsonElement from) =>
        Map(ImmutableSortedDictionary<int, long>.Empty, from, "joins"u8, item => KeyValuePair.Create(item[0].GetInt32(), item[1].GetInt64()));

    private static void Item(Utf8JsonWriter writer, WorkItem item)
    {
        writer.WriteStartObject();
        writer.WriteNumber("i"u8, item.Id);
        writer.WriteNumber("n"u8, item.Node);
        writer.Put("s"u8, (long)item.Status);
        writer.Put("in"u8, item.Input);
        writer.Put("a"u8, item.Attempts);
        writer.Put("taken"u8, item.Takeovers);
        writer.Put("e"u8, item.Epoch);
        writer.Put("lane"u8, item.Lane);
        writer.Put("worker"u8, item.Worker);
        writer.Put("session"u8, item.Session);
        writer.Put("leased"u8, item.LeasedUtc);
        writer.Put("limit"u8, item.LimitUtc);
        writer.Put("due"u8, item.DueUtc);
        writer.Put("signal"u8, item.Signal);
        writer.Put("has"u8, item.HasSignal);
        writer.Put("with"u8, item.SignalPayload);
        writer.Put("saved"u8, item.Saved);
        writer.Put("next"u8, item.Successors);
        writer.Put("out"u8, item.Outputs);
        writer.Put("update"u8, item.Update);
        writer.Put("updateId"u8, item.UpdateId);
        Array(writer, "parts"u8, item.Parts, Raw);
        Array(writer, "children"u8, item.Children, (to, child) =>
        {
            to.WriteStartObject();
            to.WriteString("id"u8, child.Child);
            to.WriteNumber("status"u8, (int)child.Status);
            to.Put("out"u8, child.Output);
            to.Put("why"u8, child.Failure);
            to.WriteEndObject();
        });
        writer.WriteEndObject();
    }

    private static WorkItem Item(JsonElement from) => new()
    {
        Id = from.Number("i"u8),
        Node = (int)from.Number("n"u8),
        Status = (WorkItemStatus)from.Number("s"u8),
        Input = from.Payload("in"u8),
        Attempts = (int)from.Number("a"u8),
        Takeovers = (int)from.Number("taken"u8),
        Epoch = from.Number("e"u8),
        Lane = (int)from.Number("lane"u8),
        Worker = from.Text("worker"u8),
        Session = from.Text("session"u8),
        LeasedUtc = from.Time("leased"u8),
        LimitUtc = from.Time("limit"u8),
        DueUtc = from.Time("due"u8),
        Signal = from.Text("signal"u8),
        HasSignal = from.Flag("has"u8),
        SignalPayload = from.Payload("with"u8),
        Saved = from.Payload("saved"u8),
        Successors = from.Seeds("next"u8),
        Outputs = from.List("out"u8, item => item.ToPayload()),
        Update = from.Text("update"u8),
        UpdateId = from.Text("updateId"u8),
        Parts = [.. from.List("parts"u8, item => item.ToPayload())],
        Children = from.List("children"u8, child => new ChildResult(
            child.Required("id"u8), (WorkflowRunStatus)child.Number("status"u8), child.Payload("out"u8), child.Text("why"u8))),
    };
}
