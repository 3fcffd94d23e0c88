using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Tests.Worker.Queries;

/// <summary>Goal: a plan whose sources are told once for all tasks reads what one with a list of its own reads.</summary>
public sealed class SourceSpansTests
{
    [Fact]
    public void Span_IsTheTasksThatItNames_EachAtItsPlaceAndAttempt()
    {
        var request = Request(new SourceSpan { Stage = 3, FirstTask = 1, TaskCount = 2, Output = 1, FirstPartition = 4, PartitionCount = 2 });

        SourceSpans.Resolve(request);

        var input = request.Plans[0].Inputs[0];
        Assert.Null(input.Span);
        Assert.Equal(["grpc+tcp://b:1 q/3/1/2 1 4+2", "grpc+tcp://a:1 q/3/2/1 1 4+2"], input.Sources.Select(Text));
    }

    [Theory]
    [InlineData(4, 0, 1, "whose places are not in the request")]
    [InlineData(3, 2, 3, "of which 4 have a place")]
    [InlineData(3, -1, 2, "of which 4 have a place")]
    [InlineData(3, 3, 1, "task 3 of stage 3, which has no place")]
    public void Span_OfWhatNobodyTold_IsRefused(int stage, int first, int count, string says)
    {
        var request = Request(new SourceSpan { Stage = stage, FirstTask = first, TaskCount = count, PartitionCount = 1 });

        var failure = Assert.Throws<FlowException>(() => SourceSpans.Resolve(request));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Places_OfAnotherQuery_AreNotRead()
    {
        var request = Request(new SourceSpan { Stage = 3, TaskCount = 1, PartitionCount = 1 });
        request.Plans[0].Key.QueryId = "other";

        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => SourceSpans.Resolve(request)).Code);
    }

    [Fact]
    public void Places_ThatAreNone_AreRefused()
    {
        var request = new SetPlansRequest { Places = { ByteString.CopyFrom(0xff, 0xff) } };

        Assert.Contains("2 bytes", Assert.Throws<FlowException>(() => SourceSpans.Resolve(request)).Message, StringComparison.Ordinal);
    }

    private static SetPlansRequest Request(SourceSpan span) => new()
    {
        Plans = { new TaskPlan { Key = new TaskKey { QueryId = "q", Stage = 5, Attempt = 1 }, Inputs = { new TaskInput { Name = "i", Span = span } } } },
        Places =
        {
            new StagePlaces
            {
                QueryId = "q",
                Stage = 3,
                Locations = { "grpc+tcp://a:1", "grpc+tcp://b:1" },
                LocationOfTask = { 1, 2, 1, 0 },
                AttemptOfTask = { 1, 2, 1, 0 },
            }.ToByteString(),
        },
    };

    private static string Text(InputSource source) =>
        FormattableString.Invariant($"{source.Location} {source.Range.Key.QueryId}/{source.Range.Key.Stage}/{source.Range.Key.Task}/{source.Range.Key.Attempt} {source.Range.Output} {source.Range.FirstPartition}+{source.Range.PartitionCount}");
}
