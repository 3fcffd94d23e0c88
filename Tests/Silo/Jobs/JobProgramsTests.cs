using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.Gateway.Jobs;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: a program that cannot run says so before anything starts.</summary>
public sealed class JobProgramsTests
{
    private static readonly JobPrograms Programs = new(Options.Create(new JobOptions()));

    [Fact]
    public async Task Program_ThatCanRun_IsReady() => Assert.Null(await Programs.PrepareAsync("rides", Good(), CancellationToken.None));

    [Fact]
    public async Task Program_WithFaults_IsRefusedForGoodWithAllOfThem()
    {
        var program = Good();
        program.Nodes[0].Parallelism = 0;
        program.Edges.Add(new ProgramEdge { Source = 1, Target = 9, Kind = EdgeKind.Shuffle });
        var failure = await Programs.PrepareAsync("rides", program, CancellationToken.None);

        Assert.Equal((FlowErrorCode.BadInput, false), (failure!.Code, failure.IsRetryable));
        Assert.Contains("0 subtasks", failure.Message, StringComparison.Ordinal);
        Assert.Contains("edges[0]", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FunctionsOfUsers_AreRefusedByName()
    {
        var program = Good();
        program.Functions.Add(new UserFunction { Name = "haversine", Language = "python" });
        program.Functions.Add(new UserFunction { Name = "clean" });
        var failure = await Programs.PrepareAsync("rides", program, CancellationToken.None);

        Assert.Equal((FlowErrorCode.Unsupported, false), (failure!.Code, failure.IsRetryable));
        Assert.Contains("'rides'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'haversine' (python), 'clean' (no language)", failure.Message, StringComparison.Ordinal);
    }

    private static StreamProgram Good() => new() { Nodes = { new ProgramNode { Id = 1, Parallelism = 1, Chain = { new ProgramOperator { Id = "source", Kind = "impulse" } } } } };
}
