using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public class TaskErrorsTests
{
    [Fact]
    public void TextsOfFailures_AreCutAt64KiB_NotInsideACharacter()
    {
        var told = TaskErrors.Of(new SubtaskId(), new InvalidOperationException(new string('x', 1) + string.Concat(Enumerable.Repeat("\U0001F600", 40_000))));

        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(told.Message), TaskErrors.TextBytesMax - 3, TaskErrors.TextBytesMax);
        Assert.EndsWith("\U0001F600", told.Message, StringComparison.Ordinal);
        Assert.Equal((ErrorDomain.Internal, "unexpected_error"), (told.Domain, told.Code));
        Assert.Equal("short", TaskErrors.Cut("short"));
    }

    [Theory]
    [InlineData(FlowErrorCode.BadInput, ErrorDomain.User, false)]
    [InlineData(FlowErrorCode.StoreUnavailable, ErrorDomain.External, true)]
    [InlineData(FlowErrorCode.StateCorrupt, ErrorDomain.Internal, false)]
    public void Failure_SaysWhoseItIs_AndWhetherToTryAgain(FlowErrorCode code, ErrorDomain domain, bool isRetryable)
    {
        var told = TaskErrors.Of(new SubtaskId { NodeId = 4 }, new FlowException(code, "why"));

        Assert.Equal((4u, FlowErrorKind.Of(code).Wire, "why", domain, isRetryable), (told.Subtask.NodeId, told.Code, told.Message, told.Domain, told.IsRetryable));
    }

    [Fact]
    public void FailureOfADisk_IsOfTheOutside() =>
        Assert.Equal(ErrorDomain.External, TaskErrors.Of(new SubtaskId(), new IOException("full")).Domain);
}
