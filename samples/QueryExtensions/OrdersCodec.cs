using System.Buffers.Binary;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Samples.QueryExtensions;

/// <summary>Carries the node <c>orders</c> to the workers: each task gets the first number, the end and the step of its part.</summary>
internal sealed class OrdersCodec : IPlanCodec
{
    public string Name => "orders";

    public ReadOnlyMemory<byte>? TryEncode(PlanNodeCall node)
    {
        if (node.Name != Name)
        {
            return null;
        }

        var count = node.Arguments.Get<long>("count");
        var body = new byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(body, count * node.Part / node.PartCount);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), count * (node.Part + 1) / node.PartCount);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(16), node.Arguments.Get("step", 1L));
        return body;
    }

    public ValueTask<PlanNodeRows?> TryDecodeAsync(string node, ReadOnlyMemory<byte> body, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        if (node != Name)
        {
            return default;
        }

        var first = BinaryPrimitives.ReadInt64LittleEndian(body.Span);
        var end = BinaryPrimitives.ReadInt64LittleEndian(body.Span[8..]);
        var step = BinaryPrimitives.ReadInt64LittleEndian(body.Span[16..]);
        var team = context.Headers.GetValueOrDefault("team", "nobody");
        var headers = string.Join(' ', context.Headers.Keys);
        return ValueTask.FromResult<PlanNodeRows?>(new PlanNodeRows(Orders.Schema, token => Orders.ReadAsync(first, end, step, team, headers, token)));
    }
}
