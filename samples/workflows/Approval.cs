using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Approval: a person decides, by the signal <c>decision</c>, hours or days later. No worker and no memory is held meanwhile. Who does not answer is
/// reminded twice; then the answer is no.
/// </summary>
internal static class Approval
{
    /// <summary>The signal's name.</summary>
    public const string Signal = "decision";

    /// <summary>How long an answer is waited for, each time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    private const int RemindersMax = 2;

    /// <summary>Tells people. Repeating a message is harmless.</summary>
    internal interface IPost
    {
        Task SendAsync(string text, CancellationToken cancellationToken);
    }

    public static WorkflowDefinition<Expense, string, NoContext> Define(IPost post)
    {
        var flow = new Workflow<NoContext>("approval");
        var paid = flow.Node<Granted, string>("pay", (granted, _) => $"{granted.Expense.Id} paid, granted by {granted.By}").End();
        var refused = flow.Node<Refused, string>("refuse", (refusal, _) => $"{refusal.Expense.Id} refused: {refusal.Reason}").End();

        var ask = flow.Node<Expense, Verdict>("ask", (expense, scope) =>
        {
            if (scope.TryGetSignal<Decision>(out var decision))
            {
                return decision.Granted ? new Granted(expense, decision.By) : new Refused(expense, $"{decision.By} said no");
            }

            // The first time nobody was waited for; the second time the wait is over.
            return scope.Signal is null ? Transition.WaitForSignal<Verdict>(Signal, Patience) : new Unanswered(expense);
        });
        var remind = flow.Node<Unanswered, Expense>("remind", async (unanswered, _, cancellationToken) =>
        {
            await post.SendAsync($"{unanswered.Expense.Id} waits for your decision", cancellationToken);
            return unanswered.Expense with { Reminders = unanswered.Expense.Reminders + 1 };
        }).To(ask);
        var giveUp = flow.Node<Unanswered, Refused>("give-up", (unanswered, _) => new Refused(unanswered.Expense, "nobody answered")).To(refused);
        ask.Branch(arms => arms
            .When<Granted>(paid)
            .When<Refused>(refused)
            .When<Unanswered>(remind, unanswered => unanswered.Expense.Reminders < RemindersMax)
            .When<Unanswered>(giveUp));

        var small = flow.Node<Expense, Granted>("small", (expense, _) => new Granted(expense, "rule")).To(paid);
        var check = flow.Node<Expense, Expense>("check", (expense, _) => expense)
            .Branch(arms => arms.When(expense => expense.Amount <= 100, small, "up to 100").Otherwise(ask));
        return flow.Start(check).Build<Expense, string>();
    }

    /// <summary>What is to be paid.</summary>
    internal sealed record Expense(string Id, decimal Amount, int Reminders = 0);

    /// <summary>What the signal carries.</summary>
    internal sealed record Decision(bool Granted, string By);

    /// <summary>How asking ended: a closed type, so that <c>Build</c> knows whether every case has an arm.</summary>
    internal abstract record Verdict(Expense Expense);

    internal sealed record Granted(Expense Expense, string By) : Verdict(Expense);

    internal sealed record Refused(Expense Expense, string Reason) : Verdict(Expense);

    internal sealed record Unanswered(Expense Expense) : Verdict(Expense);
}
