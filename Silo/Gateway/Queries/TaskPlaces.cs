using Google.Protobuf;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Where every task of a query is at one moment, and its newest attempt. What is told of a stage is encoded once for all workers. Not thread-safe.
/// </summary>
/// <param name="queryId">The query.</param>
/// <param name="steps">Its stages.</param>
/// <param name="places">Attempt and worker of each task that has a place, by the positions of stage and task; unchanged while this is used.</param>
internal sealed class TaskPlaces(string queryId, QuerySteps steps, IReadOnlyDictionary<(int Stage, int Task), (int Attempt, QueryPeer At)> places)
{
    private readonly Dictionary<int, ByteString> _encoded = [];

    /// <summary>The attempt of a task and where it is.</summary>
    public (int Attempt, QueryPeer At) this[int position, int task] => places[(position, task)];

    /// <summary>A whole stage, by its position, as a <see cref="StagePlaces"/>.</summary>
    public ByteString OfStage(int position)
    {
        if (!_encoded.TryGetValue(position, out var encoded))
        {
            encoded = Make(position).ToByteString();
            _encoded.Add(position, encoded);
        }

        return encoded;
    }

    private StagePlaces Make(int position)
    {
        var stage = steps.Begun(position);
        var result = new StagePlaces { QueryId = queryId, Stage = stage.Id };
        var locations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var task = 0; task < stage.TaskCount; task++)
        {
            if (!places.TryGetValue((position, task), out var place))
            {
                result.LocationOfTask.Add(0);
                result.AttemptOfTask.Add(0);
                continue;
            }

            if (!locations.TryGetValue(place.At.Location, out var number))
            {
                result.Locations.Add(place.At.Location);
                number = result.Locations.Count;
                locations.Add(place.At.Location, number);
            }

            result.LocationOfTask.Add(number);
            result.AttemptOfTask.Add(place.Attempt);
        }

        return result;
    }
}
