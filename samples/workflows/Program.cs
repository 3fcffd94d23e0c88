using System.Globalization;
using OrleansFlow.Samples.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;

// The patterns that need no signal, run in this process. What the others do show their tests, and on a cluster `flow workflow start`.
var options = new LocalRunOptions();
switch (args.FirstOrDefault())
{
    case "saga":
        var trip = await Saga.Define(new OutsideWorld()).RunAsync(default, new Saga.Trip("trip-1"), options);
        Console.WriteLine(trip.Output);
        break;
    case "join":
        var quote = await BestQuote.Define(new OutsideWorld()).RunAsync(default, new BestQuote.Request("chair", ["anna", "bert", "carl"]), options);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{quote.Output.Supplier}: {quote.Output.Price}"));
        break;
    case "poller":
        var job = await Poller.Define(new OutsideWorld()).RunAsync(default, "job-1", options);
        Console.WriteLine(job.Output);
        break;
    case "fan-out":
        var words = await WordCount.Define(new OutsideWorld()).RunAsync(MergeMap<GrowCounter>.Empty, ["one", "two", "three"], options);
        Console.WriteLine(string.Join(", ", words.Output.Top));
        break;
    case "subtitles":
        var video = await Subtitles.Define().RunAsync(EventLog<Subtitles.Done>.Empty, new Subtitles.Video("video_abc", 4), options);
        Console.WriteLine($"{video.Output}: {string.Join(", ", video.Context.Events.Select(done => $"{done.Step}({done.Input})"))}");
        break;
    case "picture":
        Console.WriteLine(Approval.Define(new OutsideWorld()).Compiled.ToMermaid());
        break;
    default:
        Console.Error.WriteLine("Say one of: saga, join, poller, fan-out, subtitles, picture.");
        return 2;
}

return 0;
