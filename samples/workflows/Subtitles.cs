using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// One cycle of several workers over one run: a video is cut into chunks, the sound of each is extracted and then written down. Every step appends what
/// it did to the run's log; the logs of chunks that are worked on at the same time are merged, and each chunk's own order survives.
/// </summary>
internal static class Subtitles
{
    public static WorkflowDefinition<Video, string, EventLog<Done>> Define()
    {
        var flow = new Workflow<EventLog<Done>>("subtitles");
        var publish = flow.Node<IReadOnlyList<string>, string>("Publish", (texts, scope) =>
            $"{texts.Count} subtitles after {scope.Context.Count} events").End();
        var join = flow.Join<string>("Collect", JoinRule.All).To(publish);
        var generate = flow.Node<string, string>("GenerateSubtitles", (sound, scope) => Log(scope, sound, Path.ChangeExtension(sound, ".srt"))).To(join);
        var extract = flow.Node<string, string>("ExtractAudio", (chunk, scope) => Log(scope, chunk, Path.ChangeExtension(chunk, ".aac"))).To(generate);
        var split = flow.Split<Video, string>("SplitVideo", video => [.. Enumerable.Range(1, video.Chunks).Select(chunk => $"chunk_{chunk}.mp4")]).To(extract);
        return flow.Start(split).Build<Video, string>();
    }

    private static string Log(NodeScope<EventLog<Done>> scope, string input, string output)
    {
        scope.Context = scope.Context.Append(new Done(scope.Node, input, output), scope.Clock);
        return output;
    }

    /// <summary>What is to have subtitles.</summary>
    internal sealed record Video(string Id, int Chunks);

    /// <summary>What a step did.</summary>
    internal sealed record Done(string Step, string Input, string Output);
}
