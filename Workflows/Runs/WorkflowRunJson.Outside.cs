using System.Text.Json;

namespace OrleansFlow.Workflows.Runs;

/// <content>What a run has to do with others: signals, updates, children, orders.</content>
public static partial class WorkflowRunJson
{
    private static void Outside(Utf8JsonWriter writer, WorkflowRunState run)
    {
        Array(writer, "signals"u8, run.Signals, (to, signal) =>
        {
            to.WriteStartObject();
            to.WriteString("name"u8, signal.Key);
            to.WriteStartArray("with"u8);
            foreach (var payload in signal.Value)
            {
                Raw(to, payload);
            }

            to.WriteEndArray();
            to.WriteEndObject();
        });
        Array(writer, "signalIds"u8, [.. run.SignalIds.InOrder], (to, id) => to.WriteStringValue(id));
        Array(writer, "children"u8, run.Children, (to, child) =>
        {
            to.WriteStartObject();
            to.WriteString("id"u8, child.Key);
            to.Put("i"u8, child.Value.Item);
            to.Put("cancel"u8, child.Value.CancelWithParent);
            to.Put("order"u8, child.Value.Order);
            to.WriteEndObject();
        });
        writer.Put("lastOrder"u8, run.LastOrder);
        Array(writer, "owed"u8, run.Owed, (to, order) => Order(to, order.Value));
        Array(writer, "asked"u8, run.OpenUpdates, (to, update) =>
        {
            to.WriteStartObject();
            to.WriteString("id"u8, update.Key);
            to.WriteNumber("i"u8, update.Value);
            to.WriteEndObject();
        });
        Array(writer, "updates"u8, run.Updates, (to, update) =>
        {
            to.WriteStartObject();
            to.WriteString("id"u8, update.Id);
            to.Put("result"u8, update.Result);
            to.Put("why"u8, update.Failure);
            to.Put("code"u8, (long)(update.Code ?? 0));
            to.WriteEndObject();
        });
    }

    private static void Outside(JsonElement from, WorkflowRunState run)
    {
        foreach (var signal in from.List("signals"u8, item => item))
        {
            var payloads = signal.List("with"u8, item => item.ToPayload());
            run.Signals = run.Signals.Add(signal.Required("name"u8), [.. payloads]);
            run.SignalCount += payloads.Length;
        }

        foreach (var id in from.List("signalIds"u8, item => item.GetString()!))
        {
            run.SignalIds = run.SignalIds.Add(id, WorkflowRunDecider.MaxSignalIds);
        }

        run.Children = Map(run.Children, from, "children"u8, item => KeyValuePair.Create(item.Required("id"u8), new ChildRun(item.Number("i"u8), item.Flag("cancel"u8), item.Number("order"u8))));
        run.LastOrder = from.Number("lastOrder"u8);
        run.Owed = Map(run.Owed, from, "owed"u8, item => KeyValuePair.Create(item.Number("number"u8), Order(item)));
        run.OpenUpdates = Map(run.OpenUpdates, from, "asked"u8, item => KeyValuePair.Create(item.Required("id"u8), item.Number("i"u8)));
        run.Updates = [.. from.List("updates"u8, item => new UpdateResult(item.Required("id"u8), item.Payload("result"u8), item.Text("why"u8), Code(item)))];
    }

    private static void Order(Utf8JsonWriter writer, RunOrder order)
    {
        writer.WriteStartObject();
        writer.WriteNumber("number"u8, order.Number);
        switch (order)
        {
            case RunOrder.StartChild start:
                writer.WriteString("start"u8, start.Child);
                writer.WritePropertyName("order"u8);
                writer.PutChild(start.Order);
                break;
            case RunOrder.CancelChild cancel:
                writer.WriteString("cancel"u8, cancel.Child);
                writer.WriteString("why"u8, cancel.Reason);
                break;
            case RunOrder.TellParent tell:
                writer.WriteString("tell"u8, tell.Parent);
                writer.WriteNumber("status"u8, (int)tell.Status);
                writer.Put("out"u8, tell.Output);
                writer.Put("why"u8, tell.Failure);
                writer.Put("of"u8, tell.Order);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(order), order.GetType().Name, "Nothing is known of this order.");
        }

        writer.WriteEndObject();
    }

    private static RunOrder Order(JsonElement from)
    {
        var number = from.Number("number"u8);
        if (from.Text("start"u8) is { } child)
        {
            return new RunOrder.StartChild(number, child, from.GetProperty("order"u8).Child());
        }

        return from.Text("cancel"u8) is { } cancelled
            ? new RunOrder.CancelChild(number, cancelled, from.Required("why"u8))
            : new RunOrder.TellParent(number, from.Required("tell"u8), (WorkflowRunStatus)from.Number("status"u8), from.Payload("out"u8), from.Text("why"u8), from.Number("of"u8));
    }
}
