using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Programs and orders in few words.</summary>
internal static class JobPrograms
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

    /// <summary>Numbers, one a second by default, into a sink.</summary>
    public static Program Numbers(ProgramOperator sink, uint parallelism = 1, double rate = 1, long count = 0) => new()
    {
        Nodes =
        {
            Node(1, parallelism, Op("numbers", ImpulseSource.Kind, ImpulseSource.Schema, new ImpulseConfig { EventRate = rate, MessageCount = count, EventTimeIntervalMicros = 1_000_000, StartTimeMicros = 0 })),
            Node(2, parallelism, sink),
        },
        Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Shuffle, KeyColumns = { 0 } } },
    };

    public static ProgramOperator Blackhole => Op("sink", BlackholeSink.Kind);

    public static ProgramOperator File(string path) => Op("sink", SingleFileSink.Kind, config: new SingleFileSinkConfig { Path = path });

    public static JobContext Context(long generation = 1, string job = "j1", string worker = "w1") => new() { WorkerId = worker, JobId = job, Generation = generation };

    /// <summary>The start of a program whose subtasks are all at the worker.</summary>
    public static StartExecutionRequest Start(Program program, long generation = 1, string job = "j1", string url = "")
    {
        var start = new StartExecutionRequest { Context = Context(generation, job), Program = program, StartEpoch = 1, CheckpointUrl = url };
        start.Tasks.Add(program.Nodes.SelectMany(node => Enumerable.Range(0, (int)node.Parallelism)
            .Select(index => new TaskAssignment { NodeId = node.Id, SubtaskIndex = (uint)index, WorkerId = "w1" })));
        return start;
    }
}
