using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Inputs;

/// <summary>Turns spans of plans into sources, by the places that come with them.</summary>
internal static class SourceSpans
{
    /// <summary>Replaces the spans of all plans of a request.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: a span names a stage or tasks that the places do not tell.</exception>
    public static void Resolve(SetPlansRequest request)
    {
        var places = new Dictionary<(string QueryId, int Stage), StagePlaces>();
        foreach (var bytes in request.Places)
        {
            var stage = Parse(bytes);
            places[(stage.QueryId, stage.Stage)] = stage;
        }

        foreach (var plan in request.Plans)
        {
            foreach (var input in plan.Inputs)
            {
                if (input.Span is { } span)
                {
                    Resolve(plan.Key?.QueryId ?? "", input, span, places);
                    input.Span = null;
                }
            }
        }
    }

    private static void Resolve(string queryId, TaskInput input, SourceSpan span, Dictionary<(string QueryId, int Stage), StagePlaces> places)
    {
        if (!places.TryGetValue((queryId, span.Stage), out var stage))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Input '{input.Name}' reads stage {span.Stage}, whose places are not in the request; send them along.");
        }

        var known = Math.Min(stage.LocationOfTask.Count, stage.AttemptOfTask.Count);
        if (span.FirstTask < 0 || span.TaskCount < 0 || span.FirstTask > known - span.TaskCount)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Input '{input.Name}' reads {span.TaskCount} tasks of stage {span.Stage} from {span.FirstTask} on, of which {known} have a place.");
        }

        input.Sources.Capacity = span.TaskCount;
        for (var task = span.FirstTask; task < span.FirstTask + span.TaskCount; task++)
        {
            var location = stage.LocationOfTask[task] - 1;
            if ((uint)location >= (uint)stage.Locations.Count)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Input '{input.Name}' reads task {task} of stage {span.Stage}, which has no place.");
            }

            input.Sources.Add(new InputSource
            {
                Location = stage.Locations[location],
                Range = new OutputRange
                {
                    Key = new TaskKey { QueryId = queryId, Stage = span.Stage, Task = task, Attempt = stage.AttemptOfTask[task] },
                    Output = span.Output,
                    FirstPartition = span.FirstPartition,
                    PartitionCount = span.PartitionCount,
                },
            });
        }
    }

    private static StagePlaces Parse(ByteString bytes)
    {
        try
        {
            return StagePlaces.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"places of {bytes.Length} bytes are not those of a stage: {exception.Message}", exception);
        }
    }
}
