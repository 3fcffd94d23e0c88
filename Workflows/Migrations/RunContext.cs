using System.Text.Json;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Migrations;

/// <summary>Reads the context of a run.</summary>
internal static class RunContext
{
    /// <summary>The snapshot with all deltas, merged into the empty context, so that members that an older stored form lacks are there.</summary>
    public static T Read<T>(WorkflowRunState run, JsonSerializerOptions? json)
        where T : IMergeable<T>
    {
        return run.Deltas.Aggregate(T.Empty.Merge(Value(run.Snapshot)), (context, delta) => context.Merge(Value(delta)));

        T Value(Payload payload) => payload.IsDefault ? T.Empty : JsonSerializer.Deserialize<T>(payload.Utf8.Span, json)!;
    }
}
