// The plan and the balance of an account.

import { post, put } from '../api.js';
import { announce, card, facts } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatNumber, t, tName } from '../i18n.js';

const PLANS = ['free', 'basic', 'professional', 'unlimited'];
/** The balance is counted in millionths. */
const MILLION = 1_000_000;

function planForm(path) {
  const choices = [['', t('billing.choosePlan')], ...PLANS.map((plan) => [plan, tName('plan', plan)])];
  const fields = [field({ name: 'plan', label: t('billing.plan'), type: 'select', required: true, choices })];
  const send = async ({ plan }) => {
    await put(`${path}/plan`, { plan });
    announce(t('billing.planChanged', { plan: tName('plan', plan) }));
  };
  return form({ fields, label: t('billing.changePlan'), send, kind: 'secondary' });
}

function balanceForm(path) {
  const result = h('div', { 'aria-live': 'polite' });
  // A separator before three digits could separate thousands, so an amount has at most two decimals.
  const isAmount = (value) => /^-?\d+([.,]\d{1,2})?$/.test(value) && Number(value.replace(',', '.')) !== 0;
  const check = (value) => (isAmount(value.trim()) ? null : t('billing.amountWrong'));
  const fields = [field({ name: 'amount', label: t('billing.amount'), required: true, hint: t('billing.amountHint'), check })];
  const send = async ({ amount }) => {
    const credit = Math.round(Number(amount.trim().replace(',', '.')) * MILLION);
    const account = await post(`${path}/balance`, { balance_credit: credit });
    announce(t('billing.booked'));
    result.replaceChildren(facts([
      [t('billing.balance'), formatNumber(account.balance_credit / MILLION)],
      [t('billing.tokens'), formatNumber(account.balance_token)],
      [t('billing.plan'), tName('plan', account.plan_type)],
    ]));
  };
  return [form({ fields, label: t('billing.book'), send, kind: 'secondary' }), result];
}

export function billingCard(account) {
  const path = `/v1.0/customers/${account.id}`;
  return card(t('billing.title'), planForm(path), balanceForm(path));
}
