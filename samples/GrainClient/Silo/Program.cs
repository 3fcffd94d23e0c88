using OrleansFlow.Silo.Hosting;

// The silo of `flow silo`, with the grains of this sample beside the project's own: referencing their project is enough.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
await using var silo = await FlowSiloHost.StartAsync(
    new FlowSiloOptions
    {
        DataFolder = args is [var folder, ..] ? folder : Path.Combine(".flow", "data"),
        GrpcPort = 0,
        HttpPort = 0,
        WorkerSlots = 1,
    },
    stop.Token);
Console.WriteLine($"serving at {silo.Endpoints.GrpcUrl}; stop with Ctrl-C");
await silo.WaitForShutdownAsync(stop.Token);
