using System.Globalization;
using System.Text;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

[Conforms("stdout")]
public sealed class StdoutConformanceTests : SinkConformance
{
    // What is written to a memory stream stays there when it is closed.
    private readonly List<MemoryStream> _outputs = [];

    protected override StreamOperator Sink()
    {
        var target = new MemoryStream();
        _outputs.Add(target);
        return new StdoutSink(target);
    }

    protected override Task<IReadOnlyList<long>> VisibleAsync() => Task.FromResult<IReadOnlyList<long>>(
    [
        .. _outputs.SelectMany(stream => Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => long.Parse(line["{\"number\":".Length..^1], CultureInfo.InvariantCulture)),
    ]);
}

[Conforms("blackhole")]
public sealed class BlackholeConformanceTests : SinkConformance
{
    protected override bool IsVisible => false;

    protected override StreamOperator Sink() => new BlackholeSink();

    protected override Task<IReadOnlyList<long>> VisibleAsync() => Task.FromResult<IReadOnlyList<long>>([]);
}
