using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Nexmark;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

[Conforms("impulse")]
public sealed class ImpulseConformanceTests : SourceConformance
{
    protected override ArrowSchema Schema => ImpulseSource.Schema;

    protected override int RowCount => 20_000;

    protected override uint ParallelismAfterwards => 3;

    protected override Task<ProgramOperator> PrepareAsync() =>
        Task.FromResult(Jobs.Op("s", ImpulseSource.Kind, Schema, new ImpulseConfig { MessageCount = RowCount, EventTimeIntervalMicros = 1, StartTimeMicros = 0 }));

    // The second column is the subtask that gave it out.
    protected override string KeyOf(string line) => line.Split('|')[0];
}

[Conforms("nexmark")]
public sealed class NexmarkConformanceTests : SourceConformance
{
    protected override ArrowSchema Schema => NexmarkSource.Schema;

    protected override int RowCount => 10_000;

    protected override uint ParallelismAfterwards => 3;

    protected override Task<ProgramOperator> PrepareAsync() =>
        Task.FromResult(Jobs.Op("s", NexmarkSource.Kind, Schema, new NexmarkConfig { Seed = 3, EventCount = RowCount, EventTimeIntervalMicros = 100, StartTimeMicros = 0 }));
}
