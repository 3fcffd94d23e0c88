using System.Globalization;
using OrleansFlow.Client;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Samples.Rides;

// A dashboard in the terminal over a job that runs at the silo's workers for as long as this looks at it. "dashboard [PICTURES]" ends after so many; else Ctrl-C ends it.
using var ending = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    ending.Cancel();
};
var left = args is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : int.MaxValue;
var dashboard = new Dashboard(Console.Out, clears: !Console.IsOutputRedirected);
await using var flow = FlowClient.Connect(Environment.GetEnvironmentVariable("FLOW_GATEWAY") ?? "http://127.0.0.1:8420");
try
{
    var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "rides.sql"), ending.Token);
    await foreach (var batch in flow.Jobs.PreviewAsync(text, options: new StreamJobOptions { TimeToLive = TimeSpan.FromHours(1) }, cancellationToken: ending.Token))
    {
        using (batch)
        {
            left -= dashboard.Add(batch);
        }

        if (left <= 0)
        {
            break;
        }
    }

    return 0;
}
catch (OperationCanceledException) when (ending.IsCancellationRequested)
{
    return 0;
}
catch (FlowException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
