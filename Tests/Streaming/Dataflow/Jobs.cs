using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Programs and set-ups in few words.</summary>
internal static class Jobs
{
    public static ProgramNode Node(uint id, uint parallelism, params ProgramOperator[] chain) =>
        new() { Id = id, Parallelism = parallelism, Description = $"node {id}", Chain = { chain } };

    public static ProgramOperator Op(string id, string kind, ArrowSchema? schema = null, IMessage? config = null) => new()
    {
        Id = id,
        Kind = kind,
        OutputSchema = schema is null ? ByteString.Empty : ProgramSchema.Write(schema),
        Config = config?.ToByteString() ?? ByteString.Empty,
    };

    public static ProgramEdge Edge(uint source, uint target, EdgeKind kind = EdgeKind.Forward, params uint[] keys) =>
        new() { Source = source, Target = target, Kind = kind, KeyColumns = { keys } };

    public static Program Of(IEnumerable<ProgramNode> nodes, params ProgramEdge[] edges) => new() { Nodes = { nodes }, Edges = { edges } };

    public static StreamEngineSetup Setup(Program program, OperatorRegistry operators, ArrowAllocator? allocator = null, IStateBackend? state = null) => new()
    {
        Program = program,
        Operators = operators,
        State = state ?? new MemoryStateBackend(),
        Allocator = allocator ?? ArrowAllocator.Default,
    };
}

/// <summary>What an engine says.</summary>
internal static class EngineReading
{
    /// <summary>Reads events up to the one that is awaited, or the last of several.</summary>
    public static async Task<List<WorkerEvent>> ReadUntilAsync(this StreamEngine engine, Func<WorkerEvent, bool> isAwaited, int times = 1)
    {
        var told = new List<WorkerEvent>();
        while (times > 0)
        {
            told.Add(await engine.Events.ReadAsync(TestContext.Current.CancellationToken));
            times -= isAwaited(told[^1]) ? 1 : 0;
        }

        return told;
    }
}

/// <summary>A source that is a method.</summary>
internal sealed class LambdaSource(Func<SourceContext, CancellationToken, Task<SourceEnd>> runAsync) : StreamSource
{
    public static LambdaSource Batches(int count, int rows) => new(async (context, cancellationToken) =>
    {
        for (var i = 0; i < count; i++)
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            await context.EmitAsync(Rows.Of(rows, i * rows, context.Operator.Allocator), cancellationToken);
        }

        return SourceEnd.Final;
    });

    /// <summary>Gives rows out without end, until it is told to stop.</summary>
    public static LambdaSource Endless(int rows) => new(async (context, cancellationToken) =>
    {
        for (var i = 0L; ; i++)
        {
            if (await context.PollAsync(cancellationToken) is { } end)
            {
                return end;
            }

            await context.EmitAsync(Rows.Of(rows, i * rows, context.Operator.Allocator), cancellationToken);
        }
    });

    /// <summary>Gives nothing out, until it is told to stop.</summary>
    public static LambdaSource Silent() => new(async (context, cancellationToken) =>
        (await context.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken))!.Value);

    public Func<CheckpointBarrier, CancellationToken, ValueTask>? Barriers { get; init; }

    public override Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken) => runAsync(context, cancellationToken);

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) =>
        Barriers?.Invoke(barrier, cancellationToken) ?? ValueTask.CompletedTask;
}

/// <summary>An operator that is a set of methods; rows go on by default.</summary>
internal sealed class LambdaOperator : StreamOperator
{
    public Func<OperatorContext, CancellationToken, ValueTask>? Start { get; init; }

    public Func<RecordBatch, int, IOperatorOutput, CancellationToken, ValueTask>? Process { get; init; }

    public Func<Watermark, IOperatorOutput, CancellationToken, ValueTask>? Watermarks { get; init; }

    public Func<CheckpointBarrier, CancellationToken, ValueTask>? Barriers { get; init; }

    public Func<IOperatorOutput, CancellationToken, ValueTask>? End { get; init; }

    public Func<long, ReadOnlyMemory<byte>, ValueTask>? Commit { get; init; }

    public Func<ReadOnlyMemory<byte>>? Staged { get; init; }

    public Action? Disposed { get; init; }

    public override bool IsCommitting => Commit is not null;

    public override ReadOnlyMemory<byte> CommitData => Staged?.Invoke() ?? default;

    public override ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken) =>
        Start?.Invoke(context, cancellationToken) ?? ValueTask.CompletedTask;

    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken) =>
        Process?.Invoke(batch, input, output, cancellationToken) ?? output.EmitAsync(batch, cancellationToken);

    public override ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken) =>
        Watermarks?.Invoke(watermark, output, cancellationToken) ?? base.OnWatermarkAsync(watermark, output, cancellationToken);

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) =>
        Barriers?.Invoke(barrier, cancellationToken) ?? ValueTask.CompletedTask;

    public override ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) =>
        End?.Invoke(output, cancellationToken) ?? ValueTask.CompletedTask;

    public override ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken) =>
        Commit?.Invoke(epoch, commitData) ?? ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        Disposed?.Invoke();
        return base.DisposeAsync();
    }
}
