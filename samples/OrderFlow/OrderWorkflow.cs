using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Samples.OrderFlow;

/// <summary>
/// An order from the click to the parcel: stock is reserved, large orders wait for a person, the card is charged, every item is packed, the parcel leaves and
/// the customer is told. What was done is undone in reverse when a later part fails for good.
/// </summary>
/// <remarks>Each step writes one line into the run's log; a run that has completed has each of its lines once, whoever was killed on the way.</remarks>
internal static class OrderWorkflow
{
    /// <summary>The signal that a large order waits for; carries true or false.</summary>
    public const string Approval = "approval";

    /// <summary>Orders above this amount wait for <see cref="Approval"/>.</summary>
    public const decimal FreeLimit = 1_000;

    private static readonly StepRetryPolicy Patient = new() { MaxAttempts = 20, MaxBackoff = TimeSpan.FromMinutes(1) };

    /// <summary>Defines it.</summary>
    /// <param name="shop">The world outside.</param>
    public static WorkflowDefinition<Order, string, EventLog<string>> Define(IShop shop)
    {
        var flow = new Workflow<EventLog<string>>("order");

        var refuse = Step<NodeFailure<Order>, string>("refuse", failure => failure.Input.Id, failure => $"{failure.Input.Id} refused: {failure.Error}").End();
        var release = Step<NodeFailure<Order>, NodeFailure<Order>>("release", failure => failure.Input.Id, failure => failure).Retry(Patient).To(refuse);
        var refund = Step<NodeFailure<Order>, NodeFailure<Order>>("refund", failure => failure.Input.Id, failure => failure).Retry(Patient).To(release);

        var tell = Step<Order, string>("tell", order => order.Id, order => $"{order.Id} shipped").Retry(Patient).End();
        var ship = Step<Order, Order>("ship", order => order.Id, order => order).OnFailure(refund).To(tell);
        var box = flow.Node<IReadOnlyList<Parcel>, Order>("box", (parcels, _) => parcels[0].Order).To(ship);
        var packed = flow.Join<Parcel>("packed", JoinRule.All).To(box);
        var pack = flow.Node<Parcel, Parcel>("pack", async (parcel, scope, cancellationToken) =>
        {
            await DoAsync(scope, parcel.Order.Id, $"pack {parcel.Item}", cancellationToken);
            return parcel;
        }).Retry(Patient).To(packed);
        var split = flow.Split<Order, Parcel>("split", order => [.. order.Items.Select(item => new Parcel(order, item))]).To(pack);

        // A charge whose answer was lost may have been made: it is given back as well.
        var charge = Step<Order, Order>("charge", order => order.Id, order => order).Retry(new StepRetryPolicy { MaxAttempts = 3 }).OnFailure(refund).To(split);

        var ask = flow.Node<Order, Order>("ask", (order, scope) => scope switch
        {
            { Signal: null } => Transition.WaitForSignal<Order>(Approval, TimeSpan.FromDays(2)),
            { HasSignal: true } when scope.TryGetSignal<bool>(out var granted) && granted => order,
            _ => Transition.Abort<Order>(new InvalidOperationException("nobody approved it")),
        }).Retry(StepRetryPolicy.Never).OnFailure(release).To(charge);

        var reserve = Step<Order, Order>("reserve", order => order.Id, order => order).OnFailure(release);
        reserve.Branch(arms => arms.When(order => order.Amount > FreeLimit, ask, "large").Otherwise(charge));
        return flow.Start(reserve).Build<Order, string>();

        WorkflowNode<TIn, TOut, EventLog<string>> Step<TIn, TOut>(string name, Func<TIn, string> orderOf, Func<TIn, TOut> next) =>
            flow.Node<TIn, TOut>(name, async (input, scope, cancellationToken) =>
            {
                await DoAsync(scope, orderOf(input), name, cancellationToken);
                return next(input);
            });

        async Task DoAsync(NodeScope<EventLog<string>> scope, string order, string effect, CancellationToken cancellationToken)
        {
            await shop.DoAsync(order, effect, cancellationToken);
            scope.Context = scope.Context.Append(effect, scope.Clock);
        }
    }
}
