using OrleansFlow.Samples.OrderFlow;
using OrleansFlow.Workflows.Checkpoints;
using OrleansFlow.Workflows.Contexts;

// Kill this process whenever you like, or let it do so itself with --crash-at charge (before) or charge! (after): begun again, it goes on.
string? folder = null, crashAt = null;
var orders = new List<string>();
for (var place = 0; place < args.Length; place++)
{
    switch (args[place])
    {
        case "--data" when place + 1 < args.Length:
            folder = args[++place];
            break;
        case "--crash-at" when place + 1 < args.Length:
            crashAt = args[++place];
            break;
        default:
            orders.Add(args[place]);
            break;
    }
}

if (folder is null || orders.Count == 0)
{
    Console.Error.WriteLine("Say: --data FOLDER [--crash-at EFFECT] ORDER...");
    return 2;
}

var workflow = OrderWorkflow.Define(new FileShop(Path.Combine(folder, "shop"), crashAt));
var checkpoints = new FileCheckpoints(Path.Combine(folder, "runs"));
foreach (var order in orders)
{
    var result = await workflow.RunWithCheckpointAsync(EventLog<string>.Empty, new Order(order, 99, ["pen", "ink"]), checkpoints, order);
    Console.WriteLine($"{result.Output}: {string.Join(", ", result.Context.Events)}");
}

return 0;
