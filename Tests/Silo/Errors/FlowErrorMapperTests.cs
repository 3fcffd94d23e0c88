using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Protos;
using OrleansFlow.Silo.Gateway.Errors;

namespace OrleansFlow.Tests.Silo.Errors;

public sealed class FlowErrorMapperTests
{
    public static TheoryData<FlowErrorCode> Codes() => [.. FlowErrorKind.All.Select(kind => kind.Code)];

    [Theory, MemberData(nameof(Codes))]
    public void ToStatus_EveryCode_CarriesItsOwnReason(FlowErrorCode code)
    {
        var status = FlowErrorMapper.ToStatus(new FlowException(code, "what happened"));

        Assert.Equal(FlowErrorKind.Of(code).GrpcStatus, (int)status.Code);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(status, out var info));
        Assert.Equal(FlowErrorKind.Of(code).Wire, info.Reason);
        Assert.Equal("orleansflow", info.Domain);
        Assert.Equal("what happened", status.Message);
    }

    [Fact]
    public void ToStatus_Problems_FollowAsDetails()
    {
        var status = FlowErrorMapper.ToStatus(new FlowException(
            FlowErrorCode.BadGraph, [new FlowProblem("graph_cycle", "nodes[1]", "a waits for b"), new FlowProblem("graph_bad_id", "nodes[2].id", "no id")]));

        var details = Details(status);

        Assert.Equal(["bad_graph", "graph_cycle", "graph_bad_id"], details.Select(detail => detail.Reason));
        Assert.Equal("nodes[1]", details[1].Metadata["path"]);
        Assert.Equal("no id", details[2].Metadata["message"]);
    }

    [Fact]
    public void ToStatus_ThousandProblems_FitsIntoTrailersAndSaysHowManyAreLeftOff()
    {
        var problems = Enumerable.Range(0, 1_000).Select(index => new FlowProblem("graph_unknown_field", $"nodes[{index}].x", "there is no member 'x'")).ToArray();

        var status = FlowErrorMapper.ToStatus(new FlowException(FlowErrorCode.BadGraph, problems));

        var details = Details(status);
        Assert.InRange(details.Count, 2, 100);
        Assert.Equal($"{1_000 - (details.Count - 1)}", details[0].Metadata["problems_left_off"]);
        Assert.InRange(status.Details.Length + status.Message.Length, 1, 10_000);
    }

    private static List<ErrorInfo> Details(RpcStatus status) =>
        [.. Status.Parser.ParseFrom(status.Details.Span).Details.Select(detail => detail.Unpack<ErrorInfo>())];
}
