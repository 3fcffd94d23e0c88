namespace OrleansFlow.Samples.Workflows;

/// <summary>What the samples call, played by this process: an agency without a car, suppliers, jobs that end when they are asked twice, documents.</summary>
internal sealed class OutsideWorld : Saga.IAgency, BestQuote.ISuppliers, Poller.IJobs, WordCount.IDocuments, Approval.IPost
{
    private int _asked;

    public Task BookAsync(string what, string trip, CancellationToken cancellationToken)
    {
        Console.WriteLine($"book {what} for {trip}");
        return what == "car" ? throw new InvalidOperationException("no car is left") : Task.CompletedTask;
    }

    public Task CancelAsync(string what, string trip, CancellationToken cancellationToken)
    {
        Console.WriteLine($"cancel {what} of {trip}");
        return Task.CompletedTask;
    }

    public Task<decimal> AskAsync(string supplier, string item, CancellationToken cancellationToken) => Task.FromResult(supplier.Length + (supplier[0] * 0.1m));

    public Task SubmitAsync(string id, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> ReadResultAsync(string id, CancellationToken cancellationToken) => Task.FromResult(++_asked == 2 ? "42" : null);

    public Task<string> ReadAsync(string name, CancellationToken cancellationToken) => Task.FromResult($"the {name} and the other {name}");

    public Task SendAsync(string text, CancellationToken cancellationToken)
    {
        Console.WriteLine(text);
        return Task.CompletedTask;
    }
}
