using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// Rows that a barrier overtook, as a global table of the first operator of the subtask that they were on their way to. An entry is a batch, as an Arrow IPC stream, or a watermark;
/// one more says which inputs they came by.
/// </summary>
internal static class ChannelStates
{
    private const string Prefix = "_channels-";
    private const int Version = 1;
    private const byte BatchMark = 1;
    private const byte WatermarkMark = 2;
    private const byte IdleMark = 3;
    private const int KeyBytes = 8;

    private static readonly byte[] InputsKey = "inputs"u8.ToArray();

    /// <summary>Checks that every table of a checkpoint has the subtask that reads it: the program runs as many subtasks as before, and chains its operators in the same way.</summary>
    /// <exception cref="FlowException">Rows would be lost (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public static void Check(PhysicalPlan plan, IReadOnlyList<OperatorState> restored)
    {
        foreach (var state in restored.Where(Holds))
        {
            var node = plan.Program.Nodes.FirstOrDefault(node => node.Chain.Any(part => part.Id == state.OperatorId));
            if (node is null || node.Chain[0].Id != state.OperatorId || node.Parallelism != state.Parallelism)
            {
                throw Changed(state.OperatorId, node is null ? "the program does not have it" : node.Parallelism == state.Parallelism ? "it has other operators before it" : string.Create(
                    CultureInfo.InvariantCulture, $"it has parallelism {node.Parallelism} and had {state.Parallelism}"));
            }
        }
    }

    /// <summary>The program as it ran when the checkpoint was taken, where that holds rows on their way and had other numbers of subtasks.</summary>
    /// <param name="program">What begins, before chaining; it stays as it is.</param>
    /// <param name="restored">What it begins from.</param>
    /// <returns>Null: the program can begin as it is.</returns>
    public static Program? ProgramBefore(Program program, IReadOnlyList<OperatorState> restored)
    {
        if (!restored.Any(Holds))
        {
            return null;
        }

        var counts = restored.ToDictionary(state => state.OperatorId, state => state.Parallelism, StringComparer.Ordinal);
        var before = program.Clone();
        foreach (var node in before.Nodes)
        {
            node.Parallelism = counts.GetValueOrDefault(node.Chain[0].Id, node.Parallelism);
        }

        var (now, then) = (program.Nodes.ToDictionary(node => node.Id, node => node.Parallelism), before.Nodes.ToDictionary(node => node.Id, node => node.Parallelism));
        if (now.All(node => then[node.Key] == node.Value))
        {
            return null;
        }

        // As the planner has it: rows without a key stay where they are as long as both ends have as many subtasks.
        foreach (var edge in before.Edges.Where(edge => edge.Kind is EdgeKind.Forward or EdgeKind.Shuffle && edge.KeyColumns.Count == 0))
        {
            var isEven = then[edge.Source] == then[edge.Target];
            edge.Kind = !isEven ? EdgeKind.Shuffle : now[edge.Target] != then[edge.Target] ? EdgeKind.Forward : edge.Kind;
        }

        return before;
    }

    /// <summary>Writes what was captured.</summary>
    /// <param name="state">Opened for this alone.</param>
    /// <param name="plan">Whose it is.</param>
    /// <param name="capture">Complete.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<SubtaskState> WriteAsync(ISubtaskState state, SubtaskPlan plan, ChannelCapture capture, CancellationToken cancellationToken)
    {
        var table = await state.OpenGlobalAsync(TableOf(plan), Version, cancellationToken);
        table.Put(InputsKey, Encoding.UTF8.GetBytes(InputsOf(plan)));
        for (var i = 0; i < capture.Messages.Count; i++)
        {
            var (input, message) = capture.Messages[i];
            var key = new byte[KeyBytes];
            BinaryPrimitives.WriteInt32BigEndian(key, input);
            BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(sizeof(int)), i);
            table.Put(key, Write(message));
        }

        await using var snapshot = state.Freeze(capture.Epoch, null, default);
        return await snapshot.WriteAsync(cancellationToken);
    }

    /// <summary>Reads what a checkpoint holds for a subtask, in the order of each input.</summary>
    /// <returns>Messages, which the caller disposes; none where the checkpoint holds none.</returns>
    /// <exception cref="FlowException">Its inputs are others than they were (<see cref="FlowErrorCode.Unsupported"/>); a file is lost or damaged.</exception>
    public static async ValueTask<IReadOnlyList<(int Input, StreamMessage Message)>> ReadAsync(
        IStateBackend backend, SubtaskPlan plan, IReadOnlyList<OperatorState> restored, ArrowAllocator allocator, CancellationToken cancellationToken)
    {
        var id = plan.Node.Chain[0].Id;
        if (restored.FirstOrDefault(one => one.OperatorId == id) is not { } state || !state.Tables.Any(table => table.Name == TableOf(plan) && table.Files.Count > 0))
        {
            return [];
        }

        await using var opened = backend.Open(new SubtaskPlace(id, plan.Index, (int)plan.Node.Parallelism), state);
        var table = await opened.OpenGlobalAsync(TableOf(plan), Version, cancellationToken);
        if (!table.TryGet(InputsKey, out var inputs) || Encoding.UTF8.GetString(inputs.Span) != InputsOf(plan))
        {
            throw Changed(id, "its inputs are others than they were, or of another parallelism");
        }

        var messages = new List<(int Input, StreamMessage Message)>();
        try
        {
            foreach (var (key, value) in table.Entries.Where(static entry => entry.Key.Length == KeyBytes).OrderBy(static entry => BinaryPrimitives.ReadUInt64BigEndian(entry.Key.Span)))
            {
                messages.Add((BinaryPrimitives.ReadInt32BigEndian(key.Span), Read(id, value, allocator)));
            }
        }
        catch
        {
            messages.ForEach(static one => one.Message.Batch?.Dispose());
            throw;
        }

        return messages;
    }

    private static bool Holds(OperatorState state) => state.Tables.Any(static table => table.Name.StartsWith(Prefix, StringComparison.Ordinal) && table.Files.Any(static file => file.Rows > 0));

    /// <summary>A table for each subtask: no other one reads it.</summary>
    private static string TableOf(SubtaskPlan plan) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{plan.Index}");

    private static string InputsOf(SubtaskPlan plan) => string.Join('\n', plan.Inputs.Select(static input =>
        string.Create(CultureInfo.InvariantCulture, $"{input.SourceNode.Chain[^1].Id} {input.Channel.Source}/{input.SourceNode.Parallelism} {input.Side}")));

    private static byte[] Write(StreamMessage message)
    {
        if (message.Batch is not { } batch)
        {
            var bytes = new byte[1 + sizeof(long)];
            bytes[0] = message.Watermark.IsIdle ? IdleMark : WatermarkMark;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), message.Watermark.EventTimeMicros);
            return bytes;
        }

        using var stream = new MemoryStream();
        stream.WriteByte(BatchMark);
        using (var writer = new ArrowStreamWriter(stream, batch.Schema, leaveOpen: true))
        {
            writer.Write(batch);
            writer.End();
        }

        return stream.ToArray();
    }

    private static StreamMessage Read(string operatorId, ReadOnlyMemory<byte> value, ArrowAllocator allocator)
    {
        switch (value.IsEmpty ? 0 : value.Span[0])
        {
            case BatchMark:
                using (var reader = new ArrowStreamReader(new MemoryStream(value[1..].ToArray()), new IpcReadOptions { Allocator = allocator }))
                {
                    return StreamMessage.Of(reader.ReadNext() ?? throw Damaged(operatorId));
                }

            case WatermarkMark when value.Length == 1 + sizeof(long):
                return StreamMessage.Of(Watermark.At(BinaryPrimitives.ReadInt64LittleEndian(value.Span[1..])));
            case IdleMark:
                return StreamMessage.Of(Watermark.Idle);
            default:
                throw Damaged(operatorId);
        }
    }

    private static FlowException Damaged(string operatorId) => new(FlowErrorCode.StateCorrupt, $"The rows on their way to operator '{operatorId}' that the checkpoint holds cannot be read.");

    private static FlowException Changed(string operatorId, string what) => new(
        FlowErrorCode.Unsupported,
        $"The checkpoint is unaligned and holds rows on their way to operator '{operatorId}', but {what}. Begin once with the program and the parallelism of before, stop with a checkpoint or a savepoint, which are always aligned, and begin from that.");
}
