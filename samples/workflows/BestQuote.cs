using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Join: every supplier is asked at the same time, and the cheapest answer wins. A supplier that fails is left out by its fallback, which also goes to the
/// join: the join then knows that nobody else can come, and does not wait for its time to end.
/// </summary>
internal static class BestQuote
{
    /// <summary>Asks a supplier for its price.</summary>
    internal interface ISuppliers
    {
        Task<decimal> AskAsync(string supplier, string item, CancellationToken cancellationToken);
    }

    public static WorkflowDefinition<Request, Quote, NoContext> Define(ISuppliers suppliers)
    {
        var flow = new Workflow<NoContext>("best-quote");
        var best = flow.Node<IReadOnlyList<Quote>, Quote>("best", (quotes, _) =>
            quotes.Where(quote => quote.Price is not null).MinBy(quote => quote.Price)
            ?? Transition.Abort<Quote>(new InvalidOperationException("No supplier gave a price."))).Retry(StepRetryPolicy.Never).End();
        var join = flow.Join<Quote>("join", JoinRule.All.Within(TimeSpan.FromMinutes(1))).To(best);
        var silent = flow.Node<NodeFailure<Question>, Quote>("no-answer", (failure, _) => new Quote(failure.Input.Supplier, null)).To(join);
        var ask = flow.Node<Question, Quote>("ask", async (question, _, cancellationToken) =>
                new Quote(question.Supplier, await suppliers.AskAsync(question.Supplier, question.Item, cancellationToken)))
            .Retry(new StepRetryPolicy { MaxAttempts = 2 }).Timeout(TimeSpan.FromSeconds(10)).OnFailure(silent).To(join);
        var split = flow.Split<Request, Question>("split", request => [.. request.Suppliers.Select(supplier => new Question(supplier, request.Item))]).To(ask);
        return flow.Start(split).Build<Request, Quote>();
    }

    /// <summary>What is wanted, and who is asked for it.</summary>
    internal sealed record Request(string Item, IReadOnlyList<string> Suppliers);

    /// <summary>One supplier's part of the request.</summary>
    internal sealed record Question(string Supplier, string Item);

    /// <summary>An answer; without a price when there was none.</summary>
    internal sealed record Quote(string Supplier, decimal? Price);
}
