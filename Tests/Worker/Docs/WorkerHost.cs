using Microsoft.Extensions.Hosting;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Worker.Docs;

/// <summary>The host of <c>docs/workers.md</c>.</summary>
internal static class WorkerHost
{
    public static WorkerBuilder AddTo(HostApplicationBuilder builder)
    {
        var worker = builder.Services.AddOrleansFlowWorker(options =>
        {
            options.Slots = 4;
            options.Labels["zone"] = "eu";
        });
        worker.AddHandler<SumHandler>();
        worker.AddHandler<BookHandler>("orders.book", "orders.book.again");
        worker.AddSingletonHandler<RenderHandler>("page.render");
        return worker;
    }
}
