using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Entity: a run that is a thing, here a shopping cart. It lives as long as the cart, changes by signals, one after the other, and is looked at by its
/// context. A cart that nobody touches for a month ends by itself.
/// </summary>
internal static class Cart
{
    /// <summary>The signal's name.</summary>
    public const string Signal = "command";

    /// <summary>How long a cart is kept that nobody touches.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    public static WorkflowDefinition<string, Receipt, MergeMap<UpDownCounter>> Define()
    {
        var flow = new Workflow<MergeMap<UpDownCounter>>("cart");
        var listen = flow.Node<string, Step>("listen", (cart, scope) => scope switch
        {
            { HasSignal: true } => scope.TryGetSignal<Command>(out var command) && !command.Buys ? new Change(cart, command.Item, command.Count) : new Buy(cart),
            { Signal: null } => Transition.WaitForSignal<Step>(Signal, KeptFor),
            _ => new Forget(cart),
        });
        var apply = flow.Node<Change, string>("apply", (change, scope) =>
        {
            // What a signal asks for is checked where it takes effect: there are never fewer than none of an item.
            var by = Math.Max(change.Count, -scope.Context[change.Item].Value);
            scope.Context = scope.Context.Change(change.Item, count => count.Add(scope.Writer, by));
            return change.Cart;
        }).To(listen);
        var buy = flow.Node<Buy, Receipt>("buy", (step, scope) => new Receipt(
            step.Cart,
            [.. scope.Context.Values.Where(item => item.Value.Value > 0).Select(item => $"{item.Value.Value} {item.Key}")])).End();
        var forget = flow.Node<Forget, Receipt>("forget", (step, _) => new Receipt(step.Cart, [])).End();
        listen.Branch(arms => arms.When<Change>(apply).When<Buy>(buy).When<Forget>(forget));
        return flow.Start(listen).Build<string, Receipt>();
    }

    /// <summary>What the signal carries: so many more of an item (fewer when negative), or that everything is bought.</summary>
    internal sealed record Command(string Item = "", int Count = 0, bool Buys = false);

    /// <summary>What was bought.</summary>
    internal sealed record Receipt(string Cart, IReadOnlyList<string> Items);

    /// <summary>What happens to the cart next.</summary>
    internal abstract record Step(string Cart);

    internal sealed record Change(string Cart, string Item, int Count) : Step(Cart);

    internal sealed record Buy(string Cart) : Step(Cart);

    internal sealed record Forget(string Cart) : Step(Cart);
}
