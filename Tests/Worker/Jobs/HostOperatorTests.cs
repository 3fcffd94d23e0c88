using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: what a host adds for streaming jobs is made by the name that programs have for it.</summary>
public sealed class HostOperatorTests
{
    private static readonly ArrowSchema Rows = new(new ArrowField("key", ArrowType.Int64), EventTime.Field);

    [Fact]
    public async Task ProcessFunction_OfTheHost_IsMadeForTheOperatorThatAProgramNames()
    {
        var services = new ServiceCollection();
        services.AddOrleansFlowWorker().AddProcessFunction("rides", () => new Nothing());
        await using var provider = services.BuildServiceProvider();

        var added = Assert.Single(provider.GetServices<OperatorRegistration>());
        var named = FunctionOperators.Process("rides-1", "rides", ["key"], Rows);
        Assert.Equal(named.Kind, added.Kind);
        await using var one = added.Make(new OperatorDefinition(named.Id, named.Kind, named.Config.Memory, [Rows], Rows));
        Assert.IsType<ProcessOperator>(one);
    }

    private sealed class Nothing : ProcessFunction
    {
        public override void ProcessRow(ProcessContext context, RecordBatch rows, int row)
        {
        }
    }
}
